-- What the shop does by itself from time to time, and what it finds when it compares its books.

create table schedules (
    name text primary key
        constraint schedules_name_known check (name in ('expire_generations', 'check_models', 'reconcile', 'prune')),
    every_seconds integer not null constraint schedules_every_positive check (every_seconds > 0),
    next_run_at timestamptz not null,
    -- When the last run ended.
    last_run_at timestamptz,
    last_outcome text
        constraint schedules_outcome_known check (last_outcome in ('done', 'failed')),
    -- What it did, or what went wrong. Staff read it.
    last_note text not null default '',
    constraint schedules_outcome_is_dated check ((last_run_at is null) = (last_outcome is null))
);

-- Two books that should say the same and do not. A row stays after the difference is gone.
create table reconciliation_findings (
    id uuid primary key,
    kind text not null
        constraint reconciliation_findings_kind_known check (kind in ('open_call', 'stranded_generation', 'stale_hold', 'overdrawn_account', 'credits_differ', 'spending_differs', 'lost_object', 'lost_thumbnails', 'orphan_object', 'stuck_purge')),
    -- Which call, generation, account, day or object.
    subject text not null,
    detail text not null,
    found_at timestamptz not null,
    last_seen_at timestamptz not null,
    -- How it ended: put right by the shop, or gone when it was looked for again.
    resolution text
        constraint reconciliation_findings_resolution_known check (resolution in ('mended', 'gone')),
    resolved_at timestamptz,
    constraint reconciliation_findings_resolution_is_dated check ((resolution is null) = (resolved_at is null))
);

create unique index reconciliation_findings_one_open on reconciliation_findings (kind, subject) where resolution is null;
create index reconciliation_findings_log on reconciliation_findings (id desc);

-- Finished jobs are looked for by their age, to be removed.
create index jobs_finished on apalis.jobs (done_at) where done_at is not null;
-- Calls without an end are few and old ones are a fault; days of spending are summed from all.
create index provider_calls_open on provider_calls (started_at) where state = 'open';
create index provider_calls_started on provider_calls (started_at);

alter table providers
    -- Calls that brought nothing since the last one that brought pictures.
    add column failures_in_a_row integer not null default 0;
