-- What pictures are put on, and what it costs.

create table products (
    id uuid primary key,
    slug text not null
        constraint products_slug_once unique
        constraint products_slug_shape check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    kind text not null
        constraint products_kind_known check (kind in ('poster', 'framed', 'canvas', 'mug', 'tee', 'download')),
    title text not null constraint products_title_length check (char_length(title) between 1 and 80),
    -- A sentence for lists.
    summary text not null constraint products_summary_length check (char_length(summary) <= 200),
    description text not null constraint products_description_length check (char_length(description) <= 2000),
    -- Working days until it leaves the house.
    days_min smallint not null,
    days_max smallint not null,
    position smallint not null,
    is_active boolean not null default true,
    created_at timestamptz not null,
    constraint products_days_in_order check (days_min between 0 and days_max)
);

-- One thing that can be bought: a size in a finish.
create table variants (
    id uuid primary key,
    product_id uuid not null references products (id),
    sku text not null
        constraint variants_sku_once unique
        constraint variants_sku_shape check (sku ~ '^[A-Z0-9]+(-[A-Z0-9]+)*$'),
    -- Both as the customer chooses by: `30 × 40 cm` in `Oak`, `M` in `Navy`.
    size text not null,
    finish text not null,
    -- What the mock-up is drawn with.
    finish_code text not null constraint variants_finish_code_shape check (finish_code ~ '^[a-z]+(_[a-z]+)*$'),
    -- The printed area as it hangs upright, and how much is printed beyond it on each side. A file has neither.
    width_mm integer,
    height_mm integer,
    bleed_mm smallint not null default 0 constraint variants_bleed_not_negative check (bleed_mm >= 0),
    -- The pixels of the printed area, without bleed, as the printer wants them.
    print_width integer,
    print_height integer,
    -- Whether it can be turned to lie across.
    turns boolean not null,
    -- Pixels of the picture an inch: from `good_dpi` nothing is said, from `fair_dpi` a note, from `min_dpi` the buyer must agree,
    -- below that it is not sold.
    good_dpi smallint not null default 150,
    fair_dpi smallint not null default 100,
    min_dpi smallint not null default 60,
    weight_g integer not null constraint variants_weight_not_negative check (weight_g >= 0),
    position smallint not null,
    is_active boolean not null default true,
    created_at timestamptz not null,
    constraint variants_choice_once unique (product_id, size, finish),
    constraint variants_area_whole check (num_nulls(width_mm, height_mm, print_width, print_height) in (0, 4)),
    constraint variants_area_positive check (least(width_mm, height_mm, print_width, print_height) > 0),
    constraint variants_dpi_in_order check (0 < min_dpi and min_dpi <= fair_dpi and fair_dpi <= good_dpi)
);

create index variants_product on variants (product_id, position);

-- Prices in one currency that hold for a time. Of several that hold, the one with the highest priority counts, then the newest.
create table price_lists (
    id uuid primary key,
    name text not null constraint price_lists_name_length check (char_length(name) between 1 and 80),
    currency text not null constraint price_lists_currency_shape check (currency ~ '^[A-Z]{3}$'),
    state text not null default 'draft'
        constraint price_lists_state_known check (state in ('draft', 'published', 'withdrawn')),
    priority smallint not null default 0 constraint price_lists_priority_range check (priority between 0 and 100),
    starts_at timestamptz not null,
    ends_at timestamptz,
    created_at timestamptz not null,
    constraint price_lists_times_in_order check (ends_at > starts_at)
);

create index price_lists_published on price_lists (currency, priority desc, id desc) where state = 'published';

create table prices (
    price_list_id uuid not null references price_lists (id) on delete cascade,
    variant_id uuid not null references variants (id),
    -- In the currency's smallest unit. Whether tax is in it depends on where it is sent (`tax_rules`).
    amount bigint not null constraint prices_amount_range check (amount between 1 and 100000000),
    -- What it cost before, to be struck through.
    compare_at bigint,
    primary key (price_list_id, variant_id),
    constraint prices_compare_at_is_more check (compare_at > amount)
);

create index prices_variant on prices (variant_id);

-- Every change of a price: who, from what to what. Rows are added and never changed.
create table price_changes (
    id uuid primary key,
    price_list_id uuid not null,
    variant_id uuid not null references variants (id),
    actor_id uuid references accounts (id),
    -- Nothing: there was none, or there is none any more.
    old_amount bigint,
    old_compare_at bigint,
    new_amount bigint,
    new_compare_at bigint,
    at timestamptz not null
);

create index price_changes_list on price_changes (price_list_id, id desc);
create index price_changes_variant on price_changes (variant_id, id desc);
create trigger price_changes_append_only before update or delete on price_changes
    for each row execute function refuse_change();
