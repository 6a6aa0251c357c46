-- One-time codes, and the record of what staff did.

-- Time-based one-time passwords (RFC 6238): begun with a pending secret, on with a confirmed one.
create table second_factors (
    account_id uuid primary key references accounts (id) on delete cascade,
    -- The secret that codes are checked against, sealed with a key that is not in the database.
    sealed_secret bytea,
    -- Another one, sealed too, that takes its place with the first code that was made from it.
    pending_secret bytea,
    -- The time step of the last code that was taken: no code is good twice (RFC 6238 §5.2).
    last_step bigint not null default 0,
    -- When a code showed for the first time that an authenticator has the secret: from then on codes are asked for.
    confirmed_at timestamptz,
    constraint second_factors_confirmed_has_secret check ((confirmed_at is null) = (sealed_secret is null))
);

-- Codes that were tried in this session since the last right one.
alter table sessions add column code_tries smallint not null default 0;

create table recovery_codes (
    account_id uuid not null references second_factors (account_id) on delete cascade,
    -- HMAC-SHA-256 under a key that is not in the database: 60 random bits are too few for a bare hash.
    code_hash bytea not null
        constraint recovery_codes_code_hash_is_sha256 check (octet_length(code_hash) = 32),
    spent_at timestamptz,
    primary key (account_id, code_hash)
);

-- Every write by staff: who, what, to whom, from what to what. Rows are added and never changed.
create table audit_entries (
    id uuid primary key,
    at timestamptz not null,
    -- Nobody: the operator at the terminal.
    actor_id uuid references accounts (id),
    action text not null,
    subject_kind text not null,
    subject_id text not null,
    before jsonb,
    after jsonb,
    request_id text,
    client_address text not null default ''
);

create index audit_entries_actor on audit_entries (actor_id, id desc);
create index audit_entries_subject on audit_entries (subject_kind, subject_id, id desc);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end
$$;

create trigger audit_entries_append_only before update or delete on audit_entries
    for each row execute function refuse_change();
create trigger audit_entries_never_emptied before truncate on audit_entries
    for each statement execute function refuse_change();

-- What the office looks for.
create index mails_state on mails (state, id desc);
create index accounts_to_be_erased on accounts (erase_at) where erase_at is not null and erased_at is null;
