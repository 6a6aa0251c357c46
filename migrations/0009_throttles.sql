-- How much of a limit somebody has used up: one row per rule and subject, as the time at which they will have nothing used
-- any more (the generic cell rate algorithm's theoretical arrival time). Unlogged: after a crash of Postgres everybody starts
-- with an empty one.

create unlogged table throttles (
    rule text not null,
    -- sha256 of an address, of a client's network or of an account's id.
    subject bytea not null,
    free_at timestamptz not null,
    primary key (rule, subject)
);

create index throttles_free_at on throttles (free_at);
