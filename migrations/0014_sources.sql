-- Pictures that customers bring along to start from, and shapes that frames are sold in.

create table source_images (
    id uuid primary key,
    account_id uuid not null references accounts (id),
    -- removed: its bytes are gone; the row stays, since requests name it.
    state text not null default 'staged'
        constraint source_images_state_known check (state in ('staged', 'stored', 'removed')),
    width integer not null constraint source_images_width_positive check (width > 0),
    height integer not null constraint source_images_height_positive check (height > 0),
    -- Of the picture as we encoded it.
    sha256 bytea not null constraint source_images_sha256_length check (octet_length(sha256) = 32),
    -- The picture itself until it is in object storage, and not a moment longer.
    staged_bytes bytea,
    created_at timestamptz not null,
    -- When it was last brought along or drawn from. What is not used for a while is removed.
    used_at timestamptz not null,
    -- The same picture again is the same row.
    constraint source_images_once unique (account_id, sha256),
    constraint source_images_staged_has_bytes check ((state = 'staged') = (staged_bytes is not null))
);

-- Compressed bytes do not compress again.
alter table source_images alter column staged_bytes set storage external;

alter table generations
    -- A picture that the customer brought along.
    add column source_id uuid references source_images (id),
    -- One of the pictures that were drawn for them. No reference: it may be deleted for good before it is drawn from, and the
    -- request then ends with a sentence that says so.
    add column source_image_id uuid,
    add constraint generations_one_source check (source_id is null or source_image_id is null),
    drop constraint generations_size_known,
    add constraint generations_size_known check (size in ('square', 'portrait', 'landscape', 'frame_portrait', 'frame_landscape', 'a_portrait', 'a_landscape', 'panorama'));

-- Whether there is a photograph that somebody brought along at the beginning of a request: right there, or before the picture
-- that it starts from was drawn.
create function starts_from_photograph(generation uuid) returns boolean language sql stable
return (with recursive line as (
            select g.source_id, g.source_image_id from generations g where g.id = generation
            union
            select g.source_id, g.source_image_id
            from line l join images i on i.id = l.source_image_id join generations g on g.id = i.generation_id
        )
        select coalesce(bool_or(source_id is not null), false) from line);
