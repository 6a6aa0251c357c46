-- One-time codes, and the record of what staff did.

-- Time-based one-time passwords (RFC 6238).
create table second_factors (
    account_id uuid primary key references accounts (id) on delete cascade,
    -- The shared secret, sealed with a key that is not in the database.
    sealed_secret bytea not null,
    -- The time step of the last code that was taken: no code is good twice (RFC 6238 §5.2).
    last_step bigint not null default 0,
    -- Unset until the first code showed that the authenticator has the secret.
    confirmed_at timestamptz
);

create table recovery_codes (
    account_id uuid not null references second_factors (account_id) on delete cascade,
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
