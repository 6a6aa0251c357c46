-- Pictures of what a thing will look like.

create table mockups (
    id uuid primary key,
    image_id uuid not null references images (id) on delete cascade,
    variant_id uuid not null references variants (id),
    orientation text not null
        constraint mockups_orientation_known check (orientation in ('portrait', 'landscape')),
    crop_left integer not null,
    crop_top integer not null,
    crop_width integer not null,
    crop_height integer not null,
    state text not null default 'wanted'
        constraint mockups_state_known check (state in ('wanted', 'made', 'failed')),
    created_at timestamptz not null,
    made_at timestamptz,
    constraint mockups_once unique (image_id, variant_id, orientation, crop_left, crop_top, crop_width, crop_height),
    constraint mockups_made_is_dated check ((state = 'made') = (made_at is not null))
);

-- They are counted whenever one more is wanted.
create index mockups_wanted on mockups (id) where state = 'wanted';
