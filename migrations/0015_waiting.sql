-- The line as those who wait see it, what is new, and finding one's own pictures again.

-- Chinese and Japanese are written without blanks: there each character is a word. Postgres takes what stands between angle
-- brackets for a tag and leaves it out; in a sentence it is words.
create function spaced(words text) returns text language sql immutable strict parallel safe
return regexp_replace(translate(words, '<>&', '   '), '([\u3040-\u30ff\u3400-\u9fff])', ' \1 ', 'g');

-- What a text is found by: its words as they are, in any language.
create function search_words(words text) returns tsvector language sql immutable strict parallel safe
return to_tsvector('simple'::regconfig, spaced(words));

-- What somebody typed to search by: every word must be there, and may be the beginning of a longer one.
create function search_query(words text) returns tsquery language sql immutable strict parallel safe
return to_tsquery('simple'::regconfig, coalesce(
    (select string_agg('''' || replace(replace(spaced(word), '\', '\\'), '''', '''''') || ''':*', ' & ')
     from regexp_split_to_table(words, '\s+') word where word <> ''), ''));

alter table generations
    add column words tsvector generated always as (search_words(prompt)) stored,
    -- When its owner first looked at what came of it.
    add column seen_at timestamptz;

update generations set seen_at = finished_at where state in ('ready', 'refused', 'failed');

create index generations_words on generations using gin (words);
create index generations_unseen on generations (account_id) where state in ('ready', 'refused', 'failed') and seen_at is null;

-- The whole line is read at once, a few times a minute: over this index alone.
drop index generations_waiting;
create index generations_waiting on generations (id) include (count) where state = 'queued';

alter table images
    -- Since when it is one that its owner likes best.
    add column favourite_at timestamptz;

create index images_favourites on images (generation_id) where favourite_at is not null;
