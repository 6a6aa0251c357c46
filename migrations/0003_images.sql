-- Pictures. A paid answer lands here, bytes and all, before anything else is tried with it.

create table images (
    id uuid primary key,
    generation_id uuid not null references generations (id),
    account_id uuid not null references accounts (id),
    position smallint not null
        constraint images_position_range check (position between 1 and 4),
    state text not null default 'staged'
        constraint images_state_known check (state in ('staged', 'stored')),
    visibility text not null default 'private'
        constraint images_visibility_known check (visibility in ('private', 'submitted', 'published', 'hidden')),
    format text not null
        constraint images_format_known check (format in ('png', 'jpeg', 'webp')),
    width integer not null constraint images_width_positive check (width > 0),
    height integer not null constraint images_height_positive check (height > 0),
    sha256 bytea not null constraint images_sha256_length check (octet_length(sha256) = 32),
    -- The picture itself until it is in object storage, and not a moment longer.
    staged_bytes bytea,
    -- Widths in pixels for which a WebP and a JPEG lie in object storage, ascending.
    thumbnail_widths integer[] not null default '{}',
    -- What the owner reads when storing or preparing the picture was given up.
    problem text,
    created_at timestamptz not null,
    published_at timestamptz,
    deleted_at timestamptz,
    constraint images_position_once unique (generation_id, position),
    constraint images_staged_has_bytes check ((state = 'staged') = (staged_bytes is not null)),
    constraint images_thumbnails_need_storage check (state = 'stored' or thumbnail_widths = '{}'),
    constraint images_published_is_dated check ((visibility = 'published') = (published_at is not null)),
    constraint images_deleted_is_private check (deleted_at is null or visibility in ('private', 'hidden'))
);

-- Compressed bytes do not compress again.
alter table images alter column staged_bytes set storage external;

create index images_gallery on images (published_at desc, id desc) where visibility = 'published';
