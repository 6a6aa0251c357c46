-- Mails to staff about providers, and to customers about what did not come and what staff decided.

alter table mails drop constraint mails_kind_known;
alter table mails add constraint mails_kind_known check (kind in ('verify_email', 'account_exists', 'reset_password', 'password_changed', 'confirm_new_email', 'email_change_asked', 'email_changed', 'second_factor_changed', 'role_changed', 'export_ready', 'erasure_scheduled', 'erasure_called_off', 'erased', 'pictures_ready', 'provider_paused', 'spending_near_cap', 'account_in_review', 'request_rejected', 'model_retires', 'pictures_failed', 'picture_reviewed'));
