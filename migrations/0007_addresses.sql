-- Where parcels go.

create table addresses (
    id uuid primary key,
    account_id uuid not null references accounts (id) on delete cascade,
    name text not null constraint addresses_name_length check (char_length(name) between 1 and 100),
    company text not null default '' constraint addresses_company_length check (char_length(company) <= 100),
    line1 text not null constraint addresses_line1_length check (char_length(line1) between 1 and 100),
    line2 text not null default '' constraint addresses_line2_length check (char_length(line2) <= 100),
    city text not null default '' constraint addresses_city_length check (char_length(city) <= 100),
    -- State, province, prefecture: where the country's post asks for one.
    region text not null default '' constraint addresses_region_length check (char_length(region) <= 100),
    postcode text not null default '' constraint addresses_postcode_length check (char_length(postcode) <= 20),
    -- ISO 3166-1 alpha-2.
    country text not null constraint addresses_country_shape check (country ~ '^[A-Z]{2}$'),
    -- Carriers ask for one in many countries.
    phone text not null default '' constraint addresses_phone_length check (char_length(phone) <= 30),
    is_default boolean not null default false,
    created_at timestamptz not null
);

create index addresses_account on addresses (account_id, id);
create unique index addresses_one_default on addresses (account_id) where is_default;
