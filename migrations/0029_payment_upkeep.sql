-- What is looked after by itself so that no payment is lost.

alter table schedules
    drop constraint schedules_name_known,
    add constraint schedules_name_known check (name in ('expire_generations', 'check_models', 'reconcile', 'prune', 'check_payments', 'fetch_payment_events', 'reconcile_payments'));

alter table reconciliation_findings
    drop constraint reconciliation_findings_kind_known,
    add constraint reconciliation_findings_kind_known check (kind in ('open_call', 'stranded_generation', 'stale_hold', 'overdrawn_account', 'credits_differ', 'spending_differs', 'lost_object', 'lost_thumbnails', 'orphan_object', 'stuck_purge', 'payment_differs', 'unknown_payment', 'stranded_event'));
