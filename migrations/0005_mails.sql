-- Mails: one row each, sent by a job. The row holds what the words are about and never a link that lets somebody in: such a
-- link is made when the mail is sent, and only its hash is kept (account_tokens).

create table mails (
    id uuid primary key,
    -- Whom it is for, as long as there is such an account. Some go to an address that has none.
    account_id uuid references accounts (id) on delete set null,
    recipient text not null,
    kind text not null
        constraint mails_kind_known check (kind in ('verify_email', 'account_exists', 'reset_password', 'password_changed', 'confirm_new_email', 'email_change_asked', 'email_changed', 'second_factor_changed', 'role_changed', 'export_ready', 'erasure_scheduled', 'erasure_called_off', 'erased', 'pictures_ready')),
    -- What the words of this kind need, such as a moment or an id.
    details jsonb not null default 'null',
    -- Names the event. The same event again is the same mail.
    dedupe_key text not null,
    state text not null default 'queued'
        constraint mails_state_known check (state in ('queued', 'sent', 'failed')),
    -- Why it was given up. Staff read it.
    problem text,
    created_at timestamptz not null,
    sent_at timestamptz,
    constraint mails_dedupe_key_once unique (dedupe_key),
    constraint mails_sent_is_dated check ((state = 'sent') = (sent_at is not null))
);

create index mails_log on mails (id desc);
create index mails_account on mails (account_id, id desc);
