-- What we will not draw: a list of words, what was turned down and why, and what staff made of it.

-- Every change is a new version of the whole list; the newest is the one that counts.
create table blocklists (
    version integer generated always as identity primary key,
    -- Words and phrases as written, matched whole, whatever their capitals.
    terms text[] not null,
    note text not null default '',
    created_at timestamptz not null,
    -- Nobody: it came with the shop.
    created_by uuid references accounts (id)
);

create trigger blocklists_append_only before update or delete on blocklists
    for each row execute function refuse_change();

create table strikes (
    id uuid primary key,
    account_id uuid not null references accounts (id),
    generation_id uuid not null constraint strikes_generation_once unique references generations (id),
    source text not null
        constraint strikes_source_known check (source in ('blocklist', 'moderation', 'provider')),
    -- The word that matched, or the categories that were named. Staff read it.
    detail text not null,
    -- Of the list that matched.
    blocklist_version integer references blocklists (version),
    created_at timestamptz not null,
    -- What staff made of it.
    verdict text
        constraint strikes_verdict_known check (verdict in ('benign', 'upheld')),
    decided_by uuid references accounts (id),
    decided_at timestamptz,
    constraint strikes_verdict_is_dated check ((verdict is null) = (decided_at is null))
);

create index strikes_account on strikes (account_id, created_at desc);
create index strikes_undecided on strikes (created_at) where verdict is null;

alter table accounts
    -- Too much was turned down: nothing is drawn until staff have looked.
    add column review_since timestamptz;
alter table generations
    -- When the sentence was looked at and found fit to be drawn.
    add column cleared_at timestamptz;
