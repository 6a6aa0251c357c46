-- What we add to the queue of apalis: the history of attempts, a fetch that counts them, and guards.
-- apalis' own migrations run before ours (`worker migrate`).

create table job_attempts (
    id bigint generated always as identity primary key,
    job_id text not null references apalis.jobs (id) on delete cascade,
    -- 1 is the first try. An attempt that did not count (put off, handed back) gives its number to the next one.
    number integer not null,
    worker text not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    outcome text
        constraint job_attempts_outcome_known check (outcome in ('done', 'retry', 'put_off', 'gave_up', 'panicked', 'timed_out', 'handed_back', 'worker_died')),
    error text,
    constraint job_attempts_end_has_outcome check ((ended_at is null) = (outcome is null))
);

create index job_attempts_job on job_attempts (job_id, id);
-- A job runs in one place at a time; the second start fails here, whatever the code believes.
create unique index job_attempts_one_open on job_attempts (job_id) where ended_at is null;

-- An id that is no ULID makes every fetch of its queue fail in apalis' decoder.
alter table apalis.jobs add constraint jobs_id_is_ulid check (id ~ '^[0-7][0-9A-HJKMNP-TV-Z]{25}$');

-- Replaces apalis' fetch, same signature. Differences: the job is Running at once and its attempt is counted and recorded
-- in the same statement, so that a worker that dies has used one; a job whose attempts are used up is handed out once
-- more, with attempts > max_attempts and no new record, for the worker to bury. plpgsql keeps its plan, SQL does not.
create or replace function apalis.get_jobs(worker_id text, v_job_type text, v_job_count integer default 5)
returns setof apalis.jobs
language plpgsql
as $$
begin
    return query
    with picked as (
        select j.id from apalis.jobs j
        where j.job_type = v_job_type
          and (j.status = 'Pending' or (j.status = 'Failed' and j.attempts < j.max_attempts))
          and j.run_at <= now()
        order by j.priority desc, j.run_at
        limit v_job_count
        for update skip locked
    ), taken as (
        update apalis.jobs j
        set status = 'Running', attempts = j.attempts + 1, lock_by = worker_id, lock_at = now()
        from picked where j.id = picked.id
        returning j.*
    ), recorded as (
        insert into job_attempts (job_id, number, worker, started_at)
        select t.id, t.attempts, worker_id, clock_timestamp() from taken t where t.attempts <= t.max_attempts
    )
    select * from taken;
end
$$;
