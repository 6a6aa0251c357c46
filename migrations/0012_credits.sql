-- What a customer may still have drawn: an append-only ledger, and holds on it for what is under way.

create table credit_entries (
    id uuid primary key,
    account_id uuid not null references accounts (id),
    -- What was drawn is negative.
    amount integer not null constraint credit_entries_amount_not_zero check (amount <> 0),
    reason text not null
        constraint credit_entries_reason_known check (reason in ('welcome', 'staff', 'order', 'drawn')),
    generation_id uuid references generations (id),
    -- What staff wrote beside it.
    note text not null default '',
    -- Names the event. The same event again is the same entry.
    dedupe_key text not null constraint credit_entries_dedupe_key_once unique,
    created_at timestamptz not null,
    constraint credit_entries_drawn_is_negative check ((reason = 'drawn') = (amount < 0 and generation_id is not null))
);

create index credit_entries_account on credit_entries (account_id, id desc);
create trigger credit_entries_append_only before update or delete on credit_entries
    for each row execute function refuse_change();

create table credit_holds (
    generation_id uuid primary key references generations (id),
    account_id uuid not null references accounts (id),
    amount integer not null constraint credit_holds_amount_positive check (amount > 0),
    state text not null default 'held'
        constraint credit_holds_state_known check (state in ('held', 'captured', 'released')),
    created_at timestamptz not null,
    ended_at timestamptz,
    constraint credit_holds_end_is_dated check ((state = 'held') = (ended_at is null))
);

create index credit_holds_open on credit_holds (account_id) where state = 'held';

alter table generations
    -- The promise: past it nothing is drawn any more and the credit is back.
    add column deadline_at timestamptz,
    add column quality text not null default 'standard'
        constraint generations_quality_known check (quality in ('draft', 'standard', 'high'));

create index generations_deadline on generations (deadline_at) where state in ('queued', 'generating');
create index generations_recent_of_account on generations (account_id, created_at);

-- Customers of before are welcomed as new ones are by default, and what they wait for is promised too.
insert into credit_entries (id, account_id, amount, reason, dedupe_key, created_at)
    select gen_random_uuid(), id, 20, 'welcome', 'welcome:' || id, now() from accounts
    where email_verified_at is not null and erased_at is null;
update generations set deadline_at = now() + interval '24 hours' where state in ('queued', 'generating');
