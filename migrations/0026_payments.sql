-- How orders are paid.

-- One time that a customer is sent to a payment provider's page.
create table payment_sessions (
    id uuid primary key,
    order_id uuid not null references orders (id),
    provider text not null,
    -- What it is called there, once it is known.
    provider_ref text,
    -- The payment that came of it.
    payment_ref text,
    state text not null default 'opening'
        constraint payment_sessions_state_known check (state in ('opening', 'open', 'processing', 'complete', 'expired', 'failed')),
    amount bigint not null constraint payment_sessions_amount_positive check (amount > 0),
    currency text not null constraint payment_sessions_currency_shape check (currency ~ '^[A-Z]{3}$'),
    -- Where the customer pays, while it is open.
    url text,
    expires_at timestamptz,
    -- When what stands here was last asked for, by the database's clock: whatever was told before that is in it.
    read_at timestamptz,
    -- Why it could not be opened or paid, in words for the customer.
    problem text,
    created_at timestamptz not null,
    ended_at timestamptz,
    constraint payment_sessions_provider_ref_once unique (provider, provider_ref),
    constraint payment_sessions_open_has_url check (state <> 'open' or (url is not null and provider_ref is not null))
);

create unique index payment_sessions_one_open on payment_sessions (order_id) where state in ('opening', 'open', 'processing');
create index payment_sessions_order on payment_sessions (order_id, id);
create index payment_sessions_payment on payment_sessions (provider, payment_ref);

-- Money that moved, as the provider says. Rows are added and never changed.
create table ledger_entries (
    id uuid primary key,
    order_id uuid not null references orders (id),
    provider text not null,
    kind text not null
        constraint ledger_entries_kind_known check (kind in ('charge', 'refund', 'refund_failed', 'dispute', 'dispute_won', 'dispute_lost')),
    -- Always positive: the kind says which way.
    amount bigint not null constraint ledger_entries_amount_positive check (amount > 0),
    currency text not null constraint ledger_entries_currency_shape check (currency ~ '^[A-Z]{3}$'),
    provider_ref text not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    constraint ledger_entries_once unique (provider, provider_ref, kind)
);

create index ledger_entries_order on ledger_entries (order_id, id);
create trigger ledger_entries_append_only before update or delete on ledger_entries
    for each row execute function refuse_change();

-- What a provider told us, as it came.
create table payment_events (
    id uuid primary key,
    provider text not null,
    provider_ref text not null,
    kind text not null,
    -- The object that it is about, and the payment that this belongs to, as far as the event says.
    object_ref text not null,
    payment_ref text,
    -- The session that the object names as ours.
    session_id uuid,
    -- In the provider's words, with names and addresses in them: empty after a while.
    raw bytea not null,
    occurred_at timestamptz not null,
    -- By the database's clock, to be compared with `payment_sessions.read_at`.
    received_at timestamptz not null default clock_timestamp(),
    -- Whether it was brought by a request of the provider or fetched by us.
    was_fetched boolean not null default false,
    handled_at timestamptz,
    -- What became of it: `applied`, `nothing new`, `of nobody`, or what went wrong, for staff.
    outcome text,
    constraint payment_events_once unique (provider, provider_ref)
);

create index payment_events_open on payment_events (received_at) where handled_at is null;
create index payment_events_object on payment_events (provider, object_ref);
create index payment_events_told on payment_events (received_at) where octet_length(raw) > 0;
create index payment_events_payment on payment_events (provider, payment_ref) where payment_ref is not null;
