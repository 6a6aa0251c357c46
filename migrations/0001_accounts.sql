-- People who can sign in, and the browsers they are signed in with.

create table accounts (
    id uuid primary key,
    email text not null
        constraint accounts_email_shape check (email = btrim(email) and char_length(email) between 3 and 254 and position('@' in email) > 1),
    password_hash text not null,
    role text not null default 'customer'
        constraint accounts_role_known check (role in ('customer', 'support', 'production', 'manager', 'owner')),
    created_at timestamptz not null
);

-- One account per address, whatever its capitals: people do not remember how they typed it.
create unique index accounts_email_taken on accounts (lower(email));

create table sessions (
    -- sha256 of the cookie's value: who reads this table cannot sign in with what is in it.
    id_hash bytea primary key
        constraint sessions_id_hash_is_sha256 check (octet_length(id_hash) = 32),
    account_id uuid not null references accounts (id) on delete cascade,
    created_at timestamptz not null,
    -- Written at most once a minute, so that reading pages does not write rows.
    last_seen_at timestamptz not null
);

create index sessions_account on sessions (account_id);
