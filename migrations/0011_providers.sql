-- Whoever draws for us: whether it may be asked, how fast, and what it cost.

create table providers (
    name text primary key,
    -- The lane whose jobs call it.
    lane text not null constraint providers_lane_once unique,
    -- Why nothing is asked at the moment; unset while all is well.
    pause text
        constraint providers_pause_known check (pause in ('billing', 'configuration', 'own_cap', 'staff')),
    -- The provider's word for it, or the setting that is wrong. Staff read it.
    pause_detail text,
    paused_at timestamptz,
    -- When the oldest waiting job may try whether it is over. Unset: only when staff say so, or the settings change.
    next_probe_at timestamptz,
    -- Staff want no probes, whatever happens, until they say otherwise.
    stays boolean not null default false,
    -- Probes of this pause so far.
    probes integer not null default 0,
    -- Calls per minute at most, from the settings; 0 is as many as there are.
    calls_per_minute integer not null default 0
        constraint providers_calls_per_minute_range check (calls_per_minute >= 0),
    -- No call begins earlier (generic cell rate algorithm; a 429 moves it on).
    free_at timestamptz not null default now(),
    -- sha256 of the settings that the last worker started with: others end a pause for a wrong setting.
    settings_hash bytea,
    constraint providers_pause_is_dated check ((pause is null) = (paused_at is null)),
    constraint providers_probes_belong_to_a_pause check (pause is not null or (next_probe_at is null and not stays)),
    constraint providers_stays_without_probes check (not stays or next_probe_at is null)
);

insert into providers (name, lane) values ('openai', 'generation');

-- What was spent on a day (UTC), in millionths of a dollar: estimated when a call begins, corrected when it ends.
create table provider_spending (
    provider text not null references providers (name),
    day date not null,
    microdollars bigint not null default 0,
    primary key (provider, day)
);

alter table provider_calls
    add column provider text not null default 'openai',
    -- Held against the caps from the moment the call begins.
    add column estimated_microdollars bigint not null default 0,
    -- From the answer's usage, when there is one.
    add column cost_microdollars bigint;

-- The oldest waiting job of a paused provider is handed out alone, when a probe is due; while calls are paced, no more of them
-- than the pace lets through. Everything else is as in 0004_jobs.sql.
create or replace function apalis.get_jobs(worker_id text, v_job_type text, v_job_count integer default 5)
returns setof apalis.jobs
language plpgsql
as $$
declare
    gate public.providers;
    allowed integer := v_job_count;
    pace interval;
    taken_count integer;
begin
    select * into gate from public.providers p where p.lane = v_job_type;
    if found then
        if gate.pause is not null then
            if gate.next_probe_at is null or gate.next_probe_at > now() then
                return;
            end if;
            allowed := 1;
        elsif gate.free_at > now() then
            return;
        end if;
        -- Nobody else may count with what is counted here. Looked at again under the lock.
        if not exists (select from apalis.jobs j where j.job_type = v_job_type
                       and (j.status = 'Pending' or (j.status = 'Failed' and j.attempts < j.max_attempts)) and j.run_at <= now()) then
            return;
        end if;
        select * into gate from public.providers p where p.lane = v_job_type for update;
        if gate.pause is not null then
            if gate.next_probe_at is null or gate.next_probe_at > clock_timestamp() then
                return;
            end if;
            allowed := 1;
        elsif gate.free_at > clock_timestamp() then
            return;
        elsif gate.calls_per_minute > 0 then
            pace := interval '1 minute' / gate.calls_per_minute;
            allowed := 1;
        end if;
    end if;
    return query
    with picked as (
        select j.id from apalis.jobs j
        where j.job_type = v_job_type
          and (j.status = 'Pending' or (j.status = 'Failed' and j.attempts < j.max_attempts))
          and j.run_at <= now()
        order by j.priority desc, j.run_at
        limit allowed
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
    get diagnostics taken_count = row_count;
    if gate.name is not null and taken_count > 0 then
        if gate.pause is not null then
            -- Longer than a call takes: a probe whose worker died is followed by another one.
            update public.providers p set next_probe_at = clock_timestamp() + interval '6 minutes', probes = p.probes + 1 where p.name = gate.name;
        elsif pace is not null then
            -- A tenth of a minute's calls may come at once.
            update public.providers p
            set free_at = greatest(p.free_at, clock_timestamp() - pace * greatest(gate.calls_per_minute / 10 - 1, 0)) + pace
            where p.name = gate.name;
        end if;
    end if;
end
$$;
