-- What we will not draw: a list of words, what was turned down and why, and what staff made of it.

-- Every change is a new version of the whole list; the newest is the one that counts.
create table blocklists (
    version integer generated always as identity primary key,
    -- Words and phrases as written, matched whole, whatever their capitals and the blanks between.
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
    add column review_since timestamptz,
    -- When staff last said that it was enough: what was turned down before does not count any more.
    add column review_ended_at timestamptz;
alter table generations
    -- When the sentence was looked at and found fit to be drawn.
    add column cleared_at timestamptz;

-- How many strikes of an account count: those since then that staff did not find harmless, nor had before them when they ended a
-- review.
create function counting_strikes(whose uuid, since timestamptz) returns bigint language sql stable
return (select count(*) from strikes s join accounts a on a.id = s.account_id
        where s.account_id = whose and s.created_at > since and s.verdict is distinct from 'benign'
          and (a.review_ended_at is null or s.created_at > a.review_ended_at));

-- A text as the list is matched with it: what only looks different is the same (NFKC, capitals), every kind and number of blanks is
-- one, and what nobody sees is not there.
create function plain(words text) returns text language sql immutable strict parallel safe
return regexp_replace(regexp_replace(lower(normalize(words, nfkc)), '[\u00ad\u200b-\u200f\u2060\ufeff]', '', 'g'),
                      '[\s\u0085\u1680\u2028\u2029]+', ' ', 'g');

-- The pattern by which a term of the list is found in a plain text: as whole words. Where a script puts no blanks between words
-- (Thai, Lao, Burmese, Khmer, Chinese, Japanese) or joins others to them (Korean), a word ends at any letter.
create function term_pattern(term text) returns text language sql immutable strict parallel safe
return (with joined (letters) as (values ('\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff')),
             words (text) as (values (plain(term)))
        select case when text ~ ('^[' || letters || ']') then '' else '(^|\W|[' || letters || '])' end
               || regexp_replace(text, '([^[:alnum:][:space:]])', '\\\1', 'g')
               || case when text ~ ('[' || letters || ']$') then '' else '(\W|[' || letters || ']|$)' end
        from joined, words);
