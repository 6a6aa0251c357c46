-- What was ordered, as it was when it was ordered.

create table orders (
    id uuid primary key,
    -- What people call it by. No secret, and with gaps.
    number bigint not null generated always as identity (start with 10001)
        constraint orders_number_once unique,
    -- Nobody: a guest.
    account_id uuid references accounts (id),
    email text not null constraint orders_email_length check (char_length(email) <= 254),
    -- SHA-256 of what the cookie of the browser holds that ordered as a guest.
    browser_hash bytea constraint orders_browser_hash_is_sha256 check (octet_length(browser_hash) = 32),
    status text not null default 'pending_payment'
        constraint orders_status_known check (status in ('pending_payment', 'confirmed', 'cancelled', 'expired')),
    -- Why it ended without having been paid.
    end_reason text
        constraint orders_end_reason_known check (end_reason in ('by_customer', 'replaced', 'already_paid', 'not_paid')),
    -- Computed from `ledger_entries` and kept for lists.
    payment_status text not null default 'none'
        constraint orders_payment_status_known check (payment_status in ('none', 'pending', 'failed', 'paid', 'overpaid', 'partially_refunded', 'refunded', 'disputed')),
    -- Why nothing is printed until somebody of the staff has looked at it.
    hold text
        constraint orders_hold_known check (hold in ('dispute', 'amount_mismatch', 'currency_mismatch', 'paid_twice', 'paid_after_end')),
    currency text not null constraint orders_currency_shape check (currency ~ '^[A-Z]{3}$'),
    subtotal bigint not null,
    discount bigint not null,
    shipping bigint not null,
    tax bigint not null,
    total bigint not null,
    tax_name text not null default '',
    tax_rate_bp integer not null default 0,
    tax_is_inclusive boolean not null,
    -- As `addresses` has them. Nothing: there is nothing to send.
    address jsonb,
    shipping_method text
        constraint orders_method_known check (shipping_method in ('standard', 'express')),
    -- Days from the order to the door, as they were promised.
    days_min smallint,
    days_max smallint,
    coupon_id uuid references coupons (id),
    coupon_code text,
    -- Where it came from, to be emptied once it is paid.
    cart_id uuid references carts (id) on delete set null,
    cart_version integer not null,
    placed_at timestamptz not null,
    paid_at timestamptz,
    ended_at timestamptz,
    constraint orders_amounts_not_negative check (least(subtotal, discount, shipping, tax, total) >= 0),
    constraint orders_total_adds_up check (
        total = subtotal - discount + shipping + case when tax_is_inclusive then 0 else tax end),
    constraint orders_end_is_dated check ((status in ('cancelled', 'expired')) = (ended_at is not null)),
    constraint orders_end_has_reason check ((ended_at is null) = (end_reason is null))
);

-- A cart is being paid once at a time.
create unique index orders_one_pending_of_cart on orders (cart_id) where status = 'pending_payment';
create index orders_account on orders (account_id, id desc);
create index orders_pending on orders (placed_at) where status = 'pending_payment';
create index orders_held on orders (id desc) where hold is not null;
create index orders_email on orders (lower(email));
create index orders_cart on orders (cart_id) where cart_id is not null;
-- Of guests: an account's are found by it.
create index orders_browser on orders (browser_hash, id desc) where account_id is null;

-- Links in mails that show an order to whoever has them: guests have no account to sign in to.
create table order_accesses (
    -- SHA-256 of what stands in the link.
    token_hash bytea primary key
        constraint order_accesses_token_hash_is_sha256 check (octet_length(token_hash) = 32),
    order_id uuid not null references orders (id),
    created_at timestamptz not null
);

create index order_accesses_order on order_accesses (order_id);
create index order_accesses_age on order_accesses (created_at);

create table order_lines (
    id uuid primary key,
    order_id uuid not null references orders (id),
    position smallint not null,
    -- The line of the cart that it was.
    cart_line_id uuid not null,
    variant_id uuid not null references variants (id),
    image_id uuid not null references images (id),
    -- As they were called.
    product_kind text not null
        constraint order_lines_product_kind_known check (product_kind in ('poster', 'framed', 'canvas', 'mug', 'tee', 'download')),
    product_title text not null,
    sku text not null,
    size text not null,
    finish text not null,
    caption text not null,
    orientation text not null
        constraint order_lines_orientation_known check (orientation in ('portrait', 'landscape')),
    crop_left integer not null,
    crop_top integer not null,
    crop_width integer not null,
    crop_height integer not null,
    -- Nothing: it is not printed.
    effective_dpi integer,
    accepts_low_dpi boolean not null,
    weight_g integer not null,
    quantity integer not null constraint order_lines_quantity_range check (quantity between 1 and 99),
    unit bigint not null,
    -- unit × quantity, and this line's parts of the order's discount and of the tax on goods.
    subtotal bigint not null,
    discount bigint not null,
    tax bigint not null,
    -- What is charged for the line.
    total bigint not null,
    constraint order_lines_position_once unique (order_id, position),
    constraint order_lines_amounts_not_negative check (least(unit, subtotal, discount, tax, total) >= 0)
);

create index order_lines_image on order_lines (image_id);

-- A use of a coupon: held while its order is to be paid.
create table coupon_uses (
    order_id uuid primary key references orders (id),
    coupon_id uuid not null references coupons (id),
    state text not null default 'held'
        constraint coupon_uses_state_known check (state in ('held', 'used', 'released')),
    created_at timestamptz not null
);

create index coupon_uses_coupon on coupon_uses (coupon_id, created_at desc, order_id desc);

-- What happened to an order, for the customer and for staff.
create table order_events (
    id uuid primary key,
    order_id uuid not null references orders (id),
    kind text not null
        constraint order_events_kind_known check (kind in ('placed', 'payment_opened', 'payment_pending', 'payment_failed', 'payment_expired', 'paid', 'refunded', 'refund_failed', 'disputed', 'dispute_won', 'dispute_lost', 'held', 'released', 'cancelled', 'expired', 'resumed')),
    -- Amounts, reasons: what the kind needs to be told.
    details jsonb not null default '{}',
    -- Names the event. The same again is the same row.
    dedupe_key text not null constraint order_events_dedupe_key_once unique,
    at timestamptz not null
);

create index order_events_order on order_events (order_id, id);
