-- One request for pictures, and each call that was made to a provider for it.

create table generations (
    id uuid primary key,
    account_id uuid not null references accounts (id),
    -- Made by the form, so that a double click or a repeated request is one generation.
    client_key uuid not null,
    prompt text not null
        constraint generations_prompt_length check (char_length(prompt) <= 1000)
        constraint generations_prompt_not_blank check (btrim(prompt, E' \t\n\r') <> ''),
    style text not null
        constraint generations_style_known check (style in ('as_written', 'photograph', 'watercolour', 'oil_painting', 'linocut', 'line_drawing', 'travel_poster', 'night_neon')),
    size text not null
        constraint generations_size_known check (size in ('square', 'portrait', 'landscape', 'a_portrait', 'a_landscape')),
    count smallint not null
        constraint generations_count_range check (count between 1 and 4),
    state text not null default 'queued'
        constraint generations_state_known check (state in ('queued', 'generating', 'ready', 'refused', 'failed', 'cancelled')),
    -- What the customer reads when no picture came.
    problem text,
    created_at timestamptz not null,
    finished_at timestamptz,
    constraint generations_client_key_once unique (account_id, client_key),
    constraint generations_problem_is_told check ((state in ('refused', 'failed')) = (problem is not null)),
    constraint generations_end_is_dated check ((state in ('ready', 'refused', 'failed', 'cancelled')) = (finished_at is not null))
);

create index generations_history on generations (account_id, id desc);
-- The queue is short and the table is long: a position is counted over this index alone.
create index generations_waiting on generations (id) where state = 'queued';

create table provider_calls (
    id uuid primary key,
    generation_id uuid not null references generations (id),
    ordinal smallint not null,
    model text not null,
    -- open: sent, or about to be. ambiguous: no answer reached us, so it counts as spent.
    state text not null default 'open'
        constraint provider_calls_state_known check (state in ('open', 'answered', 'refused', 'failed', 'ambiguous')),
    request_id text,
    usage jsonb,
    -- The class and code of the failure. Staff read it, customers never.
    error text,
    started_at timestamptz not null,
    ended_at timestamptz,
    constraint provider_calls_ordinal_once unique (generation_id, ordinal),
    constraint provider_calls_end_is_dated check ((state = 'open') = (ended_at is null))
);

-- A second call cannot start while the first may still be paid for.
create unique index provider_calls_one_open on provider_calls (generation_id) where state = 'open';
create index provider_calls_recent on provider_calls (ended_at desc) where state = 'answered';
