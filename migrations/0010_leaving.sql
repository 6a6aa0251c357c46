-- What turning news off, taking everything along and leaving need.

alter table accounts
    -- Names the account in the link that turns news off, which must work for years and without signing in. Nothing else can
    -- be done with it.
    add column unsubscribe_token uuid not null default gen_random_uuid(),
    -- Whether pictures that are in the gallery stay there when the account is erased.
    add column erase_keeps_published boolean not null default false,
    -- Why it could not be erased when it was due. Staff read it.
    add column erase_problem text;

create unique index accounts_unsubscribe_token_once on accounts (unsubscribe_token);

alter table exports
    add constraint exports_problem_is_told check (state <> 'failed' or problem is not null),
    add constraint exports_end_is_dated check ((state = 'queued') = (finished_at is null)),
    add constraint exports_ready_is_whole check (state <> 'ready' or (byte_count is not null and expires_at is not null));
