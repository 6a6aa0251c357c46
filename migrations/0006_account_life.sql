-- What happens to an account between signing up and leaving, and the links that are sent by mail.

alter table accounts
    add column name text not null default ''
        constraint accounts_name_length check (char_length(name) <= 100),
    -- When a link that was sent to the address was opened. Pictures are drawn for verified accounts only.
    add column email_verified_at timestamptz,
    add column mail_when_ready boolean not null default true,
    -- Staff shut it: nobody signs in, sessions end.
    add column disabled_at timestamptz,
    -- The owner asked for it to be erased then, and can think better of it until then.
    add column erase_at timestamptz,
    -- It was. The row stays, without a person in it, for what must be kept: orders and invoices name it.
    add column erased_at timestamptz;

alter table sessions
    -- Names a session on a page. The hash of its cookie stays here.
    add column id uuid not null default gen_random_uuid(),
    add column user_agent text not null default ''
        constraint sessions_user_agent_length check (char_length(user_agent) <= 300),
    -- The client's address at sign-in, behind the proxies that we trust.
    add column address text not null default '',
    -- When a one-time code was given in this session.
    add column second_factor_at timestamptz,
    -- When the person last proved to be there, by password or code: what a step-up asks for.
    add column confirmed_at timestamptz;

update sessions set confirmed_at = created_at;
-- With a default, so that programs of the version before can still sign people in while both run.
alter table sessions alter column confirmed_at set default now(), alter column confirmed_at set not null;
create unique index sessions_id_once on sessions (id);
-- Finds sessions that ran out. Unlike last_seen_at it never changes, so that use of a session touches no index.
create index sessions_created on sessions (created_at);

-- What a link in a mail carries is known here by its sha256 only.
create table account_tokens (
    id_hash bytea primary key
        constraint account_tokens_id_hash_is_sha256 check (octet_length(id_hash) = 32),
    account_id uuid not null references accounts (id) on delete cascade,
    purpose text not null
        constraint account_tokens_purpose_known check (purpose in ('verify_email', 'reset_password', 'confirm_new_email')),
    -- The address it was sent to, which it proves.
    email text not null,
    -- The browser that asked, as its session cookie's hash: there, a link alone is enough to go on.
    browser_hash bytea,
    -- The path to go on to.
    next text not null default '',
    created_at timestamptz not null,
    expires_at timestamptz not null,
    spent_at timestamptz
);

create index account_tokens_account on account_tokens (account_id, purpose);
create index account_tokens_expired on account_tokens (expires_at);

-- Files of everything that is known about an account, made by a job, kept for a few days.
create table exports (
    id uuid primary key,
    account_id uuid not null references accounts (id),
    state text not null default 'queued'
        constraint exports_state_known check (state in ('queued', 'ready', 'failed', 'expired')),
    byte_count bigint,
    problem text,
    created_at timestamptz not null,
    finished_at timestamptz,
    expires_at timestamptz
);

-- One at a time.
create unique index exports_one_open on exports (account_id) where state = 'queued';
create index exports_account on exports (account_id, id desc);
