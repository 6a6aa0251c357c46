-- What others think of a picture in the gallery.

create table loves (
    image_id uuid not null references images (id) on delete cascade,
    account_id uuid not null references accounts (id),
    created_at timestamptz not null,
    primary key (image_id, account_id)
);

create index loves_account on loves (account_id);

create table reports (
    id uuid primary key,
    image_id uuid not null references images (id) on delete cascade,
    account_id uuid not null references accounts (id),
    reason text not null
        constraint reports_reason_known check (reason in ('sexual', 'violent', 'hateful', 'person', 'rights', 'other')),
    words text not null default ''
        constraint reports_words_length check (char_length(words) <= 1000),
    created_at timestamptz not null,
    -- What staff made of it.
    verdict text
        constraint reports_verdict_known check (verdict in ('kept', 'sent_back', 'hidden')),
    decided_at timestamptz,
    constraint reports_verdict_is_dated check ((verdict is null) = (decided_at is null))
);

-- One at a time for a picture and an account.
create unique index reports_one_open on reports (image_id, account_id) where verdict is null;
create index reports_account on reports (account_id);
