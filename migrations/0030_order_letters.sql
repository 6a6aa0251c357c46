-- Who sees an order, what is written about it, and what stays of it when a picture is removed.

-- Browsers in which somebody followed the link of a mail to an order.
create table order_viewers (
    order_id uuid not null references orders (id),
    -- SHA-256 of what the browser's cookie for carts holds.
    browser_hash bytea not null
        constraint order_viewers_browser_hash_is_sha256 check (octet_length(browser_hash) = 32),
    created_at timestamptz not null,
    primary key (order_id, browser_hash)
);

-- An order is seen by its account, by the browser that ordered as a guest, and by browsers that a link led to it.
create function sees_order(account uuid, browser bytea, o orders) returns boolean
    language sql stable as $$
    select coalesce(o.account_id = account, false)
        or (o.account_id is null and coalesce(o.browser_hash = browser, false))
        or exists (select from order_viewers v where v.order_id = o.id and v.browser_hash = browser)
$$;

-- A picture stays as long as an order that is pending or confirmed needs it. Orders that ended do not keep it from being
-- removed: what it was called stays with their lines.
alter table order_lines alter column image_id drop not null;
alter table order_lines drop constraint order_lines_image_id_fkey;
alter table order_lines add constraint order_lines_image_id_fkey
    foreign key (image_id) references images (id) on delete set null;

-- Whether an order that is pending or confirmed needs a picture.
create function is_ordered(image uuid) returns boolean
    language sql stable as $$
    select exists (select from order_lines l join orders o on o.id = l.order_id
                   where l.image_id = image and o.status in ('pending_payment', 'confirmed'))
$$;

alter table mails drop constraint mails_kind_known;
alter table mails add constraint mails_kind_known check (kind in ('verify_email', 'account_exists', 'reset_password', 'password_changed', 'confirm_new_email', 'email_change_asked', 'email_changed', 'second_factor_changed', 'role_changed', 'export_ready', 'erasure_scheduled', 'erasure_called_off', 'erased', 'pictures_ready', 'provider_paused', 'spending_near_cap', 'account_in_review', 'request_rejected', 'model_retires', 'pictures_failed', 'picture_reviewed', 'order_received', 'order_paid', 'order_payment_failed', 'order_expired', 'order_called_off', 'order_refunded', 'order_link', 'order_held', 'order_disputed', 'order_refund_failed'));

create index mails_order on mails ((details ->> 'order_id'), id desc) where details ? 'order_id';
