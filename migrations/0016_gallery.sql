-- The gallery: titles, the look of staff before a picture hangs, and ways to find one.

alter table images
    -- What it is called in the gallery, once its owner wanted it to hang there.
    add column title text not null default ''
        constraint images_title_length check (char_length(title) <= 80),
    add column submitted_at timestamptz,
    -- Why staff sent it back or took it down, in words for its owner.
    add column review_note text not null default ''
        constraint images_review_note_length check (char_length(review_note) <= 500),
    -- Rows of `loves`, counted in the transaction that changes them.
    add column loves integer not null default 0
        constraint images_loves_not_negative check (loves >= 0),
    -- What it is found by: title and sentence. Written when it is published.
    add column words tsvector,
    -- Whether the picture that goes with links to it lies in object storage.
    add column has_card boolean not null default false;

update images i set title = left(regexp_replace(btrim(g.prompt), '\s+', ' ', 'g'), 80), words = search_words(g.prompt)
from generations g where g.id = i.generation_id and i.visibility in ('submitted', 'published');
update images set submitted_at = created_at where visibility = 'submitted';

alter table images
    add constraint images_public_is_titled check (visibility not in ('submitted', 'published') or title <> ''),
    add constraint images_submitted_is_dated check ((visibility = 'submitted') = (submitted_at is not null));

create index images_submitted on images (submitted_at, id) where visibility = 'submitted';
create index images_hidden on images (id desc) where visibility = 'hidden';
create index images_loved on images (loves desc, published_at desc, id desc) where visibility = 'published';
create index images_words on images using gin (words) where visibility = 'published';
-- The end of an id names a picture in the addresses of the gallery: 62 of its bits are random.
create index images_short_id on images ((right(id::text, 17))) where visibility = 'published';
