-- What somebody is about to buy.

create table carts (
    id uuid primary key,
    account_id uuid constraint carts_account_once unique references accounts (id),
    -- SHA-256 of what a guest's cookie holds.
    token_hash bytea constraint carts_token_hash_once unique
        constraint carts_token_hash_is_sha256 check (octet_length(token_hash) = 32),
    currency text not null constraint carts_currency_shape check (currency ~ '^[A-Z]{3}$'),
    -- One more with each change of what would be ordered.
    version integer not null default 1,
    coupon_id uuid references coupons (id),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint carts_has_an_owner check (num_nonnulls(account_id, token_hash) = 1)
);

create index carts_idle on carts (updated_at);

create table cart_lines (
    id uuid primary key,
    cart_id uuid not null references carts (id) on delete cascade,
    variant_id uuid not null references variants (id),
    image_id uuid not null references images (id) on delete cascade,
    orientation text not null
        constraint cart_lines_orientation_known check (orientation in ('portrait', 'landscape')),
    -- The part of the picture that is printed, in ten-thousandths of its width and height.
    crop_left integer not null,
    crop_top integer not null,
    crop_width integer not null,
    crop_height integer not null,
    quantity integer not null constraint cart_lines_quantity_range check (quantity between 1 and 99),
    -- Whether the buyer agreed to a print with fewer pixels than are good for it.
    accepts_low_dpi boolean not null default false,
    created_at timestamptz not null,
    constraint cart_lines_crop_within check (
        crop_left >= 0 and crop_top >= 0 and crop_width > 0 and crop_height > 0
        and crop_left + crop_width <= 10000 and crop_top + crop_height <= 10000),
    -- The same again is one more of it.
    constraint cart_lines_choice_once
        unique (cart_id, variant_id, image_id, orientation, crop_left, crop_top, crop_width, crop_height)
);

create index cart_lines_image on cart_lines (image_id);

-- How far somebody came with buying what is in a cart.
create table checkouts (
    cart_id uuid primary key references carts (id) on delete cascade,
    email text not null constraint checkouts_email_length check (char_length(email) <= 254),
    -- As `addresses` has them. Nothing: there is nothing to send.
    address jsonb,
    shipping_method text
        constraint checkouts_method_known check (shipping_method in ('standard', 'express')),
    updated_at timestamptz not null
);
