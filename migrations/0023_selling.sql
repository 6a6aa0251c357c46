-- What is added to prices and what is taken off: shipping, taxes, coupons.

create table shipping_zones (
    id uuid primary key,
    name text not null constraint shipping_zones_name_once unique,
    -- Where every country belongs that has no zone of its own.
    is_rest boolean not null default false,
    created_at timestamptz not null
);

create unique index shipping_zones_one_rest on shipping_zones (is_rest) where is_rest;

create table shipping_zone_countries (
    -- ISO 3166-1 alpha-2.
    country text primary key constraint shipping_zone_countries_country_shape check (country ~ '^[A-Z]{2}$'),
    zone_id uuid not null references shipping_zones (id) on delete cascade
);

-- What a parcel costs. Of several for a method the one counts with the least weight that holds the parcel.
create table shipping_rates (
    id uuid primary key,
    zone_id uuid not null references shipping_zones (id) on delete cascade,
    method text not null constraint shipping_rates_method_known check (method in ('standard', 'express')),
    currency text not null constraint shipping_rates_currency_shape check (currency ~ '^[A-Z]{3}$'),
    up_to_g integer not null constraint shipping_rates_weight_positive check (up_to_g > 0),
    amount bigint not null constraint shipping_rates_amount_not_negative check (amount >= 0),
    -- From this sum of goods on it is free.
    free_from bigint,
    -- Days on the way.
    days_min smallint not null,
    days_max smallint not null,
    created_at timestamptz not null,
    constraint shipping_rates_once unique (zone_id, method, currency, up_to_g),
    constraint shipping_rates_days_in_order check (days_min between 0 and days_max)
);

create table tax_rules (
    country text not null constraint tax_rules_country_shape check (country ~ '^[A-Z]{2}$'),
    -- A region's code; empty for the whole country. The region's own comes first.
    region text not null default '',
    name text not null,
    -- In hundredths of a per cent.
    rate_bp integer not null constraint tax_rules_rate_range check (rate_bp between 0 and 5000),
    -- Whether prices shown there have the tax in them.
    is_inclusive boolean not null,
    primary key (country, region)
);

create table coupons (
    id uuid primary key,
    code text not null constraint coupons_code_shape check (code ~ '^[A-Z0-9]{3,30}$'),
    kind text not null constraint coupons_kind_known check (kind in ('percent', 'fixed', 'free_shipping')),
    -- Hundredths of a per cent, or an amount in `currency`.
    value bigint not null default 0,
    currency text constraint coupons_currency_shape check (currency ~ '^[A-Z]{3}$'),
    -- Goods for at least this much, in `currency`.
    min_subtotal bigint not null default 0 constraint coupons_min_subtotal_not_negative check (min_subtotal >= 0),
    max_uses integer constraint coupons_max_uses_positive check (max_uses > 0),
    max_uses_each integer constraint coupons_max_uses_each_positive check (max_uses_each > 0),
    -- Held and used ones.
    uses integer not null default 0,
    starts_at timestamptz not null,
    ends_at timestamptz,
    is_active boolean not null default true,
    created_at timestamptz not null,
    constraint coupons_code_once unique (code),
    constraint coupons_times_in_order check (ends_at > starts_at),
    constraint coupons_uses_within_limit check (uses >= 0 and (max_uses is null or uses <= max_uses)),
    constraint coupons_value_fits_kind check (
        case kind when 'percent' then value between 1 and 10000
                  when 'fixed' then value > 0 and currency is not null
                  else value = 0 end),
    constraint coupons_min_subtotal_has_currency check (min_subtotal = 0 or currency is not null)
);
