-- What can be seen of a picture while it is drawn: one small WebP for each generation, replaced by the next one, gone with the end.

create table generation_previews (
    generation_id uuid primary key references generations (id) on delete cascade,
    -- Counts up from 1 with each one of a call.
    number smallint not null constraint generation_previews_number_positive check (number > 0),
    webp bytea not null,
    made_at timestamptz not null
);
