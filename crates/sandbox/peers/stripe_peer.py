"""Drives the sandbox with Stripe's own SDK, and pays on its hosted page as a browser without JavaScript would.

Called by tests/peers.rs with SANDBOX_STRIPE_URL and SANDBOX_POKES_URL; fails by an assertion or an exception.
"""

import http.server
import json
import os
import queue
import threading
import time
import urllib.parse
from html.parser import HTMLParser

import requests
import stripe

URL = os.environ["SANDBOX_STRIPE_URL"]
POKES = os.environ["SANDBOX_POKES_URL"] + "/_sandbox/stripe"
SUCCESS = "http://127.0.0.1:1/orders/7?session={CHECKOUT_SESSION_ID}"

# The SDK's own retries are off, so that every error class shows itself.
client = stripe.StripeClient("sk_test_peer", base_addresses={"api": URL.rstrip("/")}, max_network_retries=0).v1


def poke(path, **body):
    answer = requests.post(f"{POKES}/{path}", json=body, timeout=20)
    assert answer.status_code == 200, answer.text
    return answer.json()


def raises(kind, call, **expected):
    try:
        call()
    except stripe.StripeError as error:
        assert type(error) is kind, f"expected {kind.__name__}, got {type(error).__name__}: {error}"
        for name, value in expected.items():
            assert getattr(error, name) == value, f"{name} is {getattr(error, name)!r}, not {value!r}: {error}"
        return error
    raise AssertionError(f"expected {kind.__name__}, and nothing was raised")


def params(**more):
    return {
        "mode": "payment",
        "line_items": [
            {
                "quantity": 2,
                "price_data": {
                    "currency": "eur",
                    "unit_amount": 2990,
                    "tax_behavior": "inclusive",
                    "product_data": {"name": "Poster 30×40 & frame", "description": "[A+B] 🎨", "images": ["http://127.0.0.1:1/a.png"]},
                },
            }
        ],
        "shipping_options": [
            {"shipping_rate_data": {"type": "fixed_amount", "display_name": "Standard", "fixed_amount": {"amount": 590, "currency": "eur"}}}
        ],
        "metadata": {"order": "7"},
        "payment_intent_data": {"metadata": {"order": "7"}},
        "client_reference_id": "7",
        "customer_email": "ada+7@example.org",
        "expires_at": int(time.time()) + 3600,
        "success_url": SUCCESS,
        "cancel_url": "http://127.0.0.1:1/cart",
    } | more


def open_session(**more):
    return client.checkout.sessions.create(params(**more))


class Page(HTMLParser):
    """The fields of a page's form, as a browser would send them untouched, its buttons, links and alerts."""

    def __init__(self, text):
        super().__init__()
        self.fields, self.buttons, self.links, self.labels, self.ids, self.text = {}, [], [], set(), set(), ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        assert tag != "script" and "style" not in attrs
        if tag == "input":
            if attrs["type"] != "radio" or "checked" in attrs:
                self.fields[attrs["name"]] = attrs.get("value", "")
            if attrs["type"] not in ("radio", "hidden"):
                self.ids.add(attrs["id"])
        elif tag == "button":
            self.buttons.append((attrs.get("name"), attrs.get("value")))
        elif tag == "a":
            self.links.append(attrs["href"])
        elif tag == "label" and "for" in attrs:
            self.labels.add(attrs["for"])

    def handle_data(self, data):
        self.text += data


class Browser:
    def __init__(self, url):
        self.url, self.answer = url, None
        self.get(url)

    def get(self, url):
        self.url = url
        self.answer = requests.get(url, allow_redirects=False, timeout=20)
        return self

    def page(self):
        page = Page(self.answer.text)
        assert page.ids <= page.labels, page.ids - page.labels
        return page

    def submit(self, **typed):
        """Sends the form; follows it within Stripe's own pages, and stops where it leads away."""
        self.answer = requests.post(self.url, data=self.page().fields | typed, allow_redirects=False, timeout=20)
        while self.answer.status_code == 303:
            target = urllib.parse.urljoin(self.url, self.answer.headers["location"])
            if not target.startswith(URL):
                return target
            self.get(target)
        return None


def card(number):
    return {"method": "card", "card_number": number, "expiry": "12/30", "cvc": "123", "name": "Ada Example"}


def pay(session, number="4242 4242 4242 4242"):
    browser = Browser(session.url)
    assert browser.submit(**card(number)) == SUCCESS.replace("{CHECKOUT_SESSION_ID}", session.id), browser.answer.text
    return client.checkout.sessions.retrieve(session.id, {"expand": ["line_items", "payment_intent.latest_charge"]})


def sessions():
    session = open_session()
    assert session.id.startswith("cs_test_") and session.object == "checkout.session" and not session.livemode
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert (session.amount_subtotal, session.amount_total, session.total_details.amount_shipping) == (5980, 6570, 590)
    assert session.metadata.order == "7" and session.client_reference_id == "7" and session.currency == "eur"
    assert session.payment_method_types == ["card", "sepa_debit"]
    assert session.last_response.headers["request-id"].startswith("req_")

    again = client.checkout.sessions.retrieve(session.id, {"expand": ["line_items", "payment_intent"]})
    line = again.line_items.data[0]
    assert (line.description, line.quantity, line.amount_total) == ("Poster 30×40 & frame", 2, 5980)
    assert (line.price.unit_amount, line.price.tax_behavior) == (2990, "inclusive")
    lines = client.checkout.sessions.line_items.list(session.id)
    assert [each.id for each in lines.data] == [line.id] and not lines.has_more

    assert client.checkout.sessions.expire(session.id).status == "expired"
    expired = client.checkout.sessions.retrieve(session.id)
    assert (expired.status, expired.url) == ("expired", None)
    error = raises(stripe.InvalidRequestError, lambda: client.checkout.sessions.expire(session.id))
    assert 'Only Checkout Sessions with a status in ["open"]' in error.user_message and error.http_status == 400
    assert "expired" in Browser(session.url).page().text

    yen = open_session(
        line_items=[{"quantity": 1, "price_data": {"currency": "jpy", "unit_amount": 4200, "product_data": {"name": "ポスター"}}}],
        shipping_options=[],
    )
    assert (yen.amount_total, yen.payment_method_types) == (4200, ["card"])
    page = Browser(yen.url).page()
    assert "¥4,200" in page.text and "ポスター" in page.text
    assert "http://127.0.0.1:1/cart" in page.links


def refused():
    bad = stripe.InvalidRequestError
    for more, expected in [
        ({"expires_at": int(time.time()) + 60}, {"param": "expires_at"}),
        ({"expires_at": int(time.time()) + 90_000}, {"param": "expires_at"}),
        ({"mode": "subscription"}, {"param": "mode"}),
        ({"success_url": ""}, {"param": "success_url"}),
        ({"cancel_url": "cart"}, {"code": "url_invalid", "param": "cancel_url"}),
        ({"customer_email": "ada"}, {"code": "email_invalid"}),
        ({"colour": "red"}, {"code": "parameter_unknown", "param": "colour"}),
        ({"line_items": []}, {"code": "parameter_missing", "param": "line_items"}),
        ({"line_items": [{"quantity": 1, "price": "price_1"}]}, {"param": "line_items[0][price_data]"}),
    ]:
        raises(bad, lambda more=more: open_session(**more), http_status=400, **expected)
    price = {"currency": "eur", "unit_amount": 10, "product_data": {"name": "x"}}
    small = [{"quantity": 1, "price_data": price}]
    raises(bad, lambda: open_session(line_items=small, shipping_options=[]), code="amount_too_small")
    broken = [{"quantity": 1, "price_data": price | {"unit_amount": "x"}}]
    raises(bad, lambda: open_session(line_items=broken), code="parameter_invalid_integer", param="line_items[0][price_data][unit_amount]")
    raises(bad, lambda: client.checkout.sessions.retrieve("cs_test_none"), code="resource_missing", http_status=404)
    raises(bad, lambda: client.checkout.sessions.retrieve(open_session().id, {"expand": ["colour"]}), http_status=400)
    for key in ("sk_live_1", "pk_test_1"):
        other = stripe.StripeClient(key, base_addresses={"api": URL.rstrip("/")}, max_network_retries=0).v1
        error = raises(stripe.AuthenticationError, lambda other=other: other.balance.retrieve(), http_status=401)
        assert key == "pk_test_1" or "live" in error.user_message
    assert client.balance.retrieve().object == "balance"


def payment():
    session = pay(open_session())
    intent = session.payment_intent
    charge = intent.latest_charge
    assert (session.status, session.payment_status, session.url) == ("complete", "paid", None)
    assert (intent.status, intent.amount_received, intent.metadata.order) == ("succeeded", 6570, "7")
    assert (charge.status, charge.paid, charge.payment_method_details.card.last4) == ("succeeded", True, "4242")
    assert (session.customer_details.email, charge.billing_details.name) == ("ada+7@example.org", "Ada Example")
    found = client.checkout.sessions.list({"payment_intent": intent.id})
    assert [each.id for each in found.data] == [session.id]
    raises(stripe.InvalidRequestError, lambda: client.payment_intents.cancel(intent.id), code="payment_intent_unexpected_state")
    browser = Browser(URL + "pay/" + session.id)
    assert "nothing is charged a second time" in browser.page().text and not browser.page().buttons
    kinds = [event.type for event in reversed(client.events.list({"limit": 20}).data) if event.data.object.id in (session.id, intent.id, charge.id)]
    assert kinds == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
        "charge.updated",
    ], kinds


def declined_then_paid():
    session = open_session()
    browser = Browser(session.url)
    assert browser.submit(card_number="4242", expiry="1/20", cvc="1", name="") is None
    assert browser.answer.status_code == 422 and browser.page().fields["card_number"] == "4242"
    for number, words in [("4000000000000002", "declined"), ("4000000000009995", "insufficient funds")]:
        assert browser.submit(**card(number)) is None
        assert browser.answer.status_code == 402 and words in browser.page().text
        assert browser.page().fields["name"] == "Ada Example" and browser.page().fields["cvc"] == ""
    unpaid = client.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert (unpaid.status, unpaid.payment_status, unpaid.payment_intent.status) == ("open", "unpaid", "requires_payment_method")
    assert unpaid.payment_intent.last_payment_error.decline_code == "insufficient_funds"
    assert browser.submit(**card("4242424242424242")) is not None
    charges = client.charges.list({"payment_intent": unpaid.payment_intent.id}).data
    assert [charge.status for charge in charges] == ["succeeded", "failed", "failed"]
    assert charges[1].failure_code == "card_declined"


def bank_step():
    session = open_session()
    browser = Browser(session.url)
    assert browser.submit(**card("4000002500003155")) is None
    assert browser.url.endswith("/challenge")
    assert browser.submit(outcome="fail") is None and "unable to authenticate" in browser.page().text
    assert browser.submit(**card("4000002500003155")) is None
    assert browser.submit(outcome="complete") is not None
    paid = client.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    assert paid.payment_status == "paid"
    assert paid.payment_intent.latest_charge.payment_method_details.card.three_d_secure.result == "authenticated"


def refunds():
    session = pay(open_session())
    intent = session.payment_intent.id
    first = client.refunds.create({"payment_intent": intent, "amount": 500, "reason": "requested_by_customer", "metadata": {"refund": "1"}})
    assert (first.status, first.amount, first.metadata.refund) == ("succeeded", 500, "1")
    error = raises(stripe.InvalidRequestError, lambda: client.refunds.create({"payment_intent": intent, "amount": 6071}), param="amount")
    assert error.user_message == "Refund amount (€60.71) is greater than unrefunded amount on charge (€60.70)"
    rest = client.refunds.create({"charge": session.payment_intent.latest_charge.id})
    assert rest.amount == 6070
    raises(stripe.InvalidRequestError, lambda: client.refunds.create({"payment_intent": intent}), code="charge_already_refunded")
    raises(stripe.InvalidRequestError, lambda: client.refunds.create({"payment_intent": "pi_none"}), code="resource_missing")
    charge = client.charges.retrieve(first.charge, {"expand": ["refunds"]})
    assert (charge.refunded, charge.amount_refunded, len(charge.refunds.data)) == (True, 6570, 2)
    assert [each.id for each in client.refunds.list({"payment_intent": intent}).data] == [rest.id, first.id]
    assert client.refunds.retrieve(first.id).amount == 500


def idempotency():
    key = {"idempotency_key": "peer-1"}
    body = params()
    first = client.checkout.sessions.create(body, key)
    again = client.checkout.sessions.create(body, key)
    assert first.id == again.id and again.last_response.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.last_response.headers
    changed = body | {"client_reference_id": "8"}
    raises(stripe.IdempotencyError, lambda: client.checkout.sessions.create(changed, key), http_status=400)
    # What failed validation may be mended and sent again; what was refused on its merits may not.
    other = {"idempotency_key": "peer-2"}
    raises(stripe.InvalidRequestError, lambda: client.checkout.sessions.create(body | {"mode": ""}, other))
    assert client.checkout.sessions.create(body, other).status == "open"
    client.checkout.sessions.expire(first.id)
    third = {"idempotency_key": "peer-3"}
    for replayed in (None, "true"):
        error = raises(stripe.InvalidRequestError, lambda: client.checkout.sessions.expire(first.id, options=third))
        assert error.headers.get("idempotent-replayed") == replayed

    poke("slow", ms=700)
    answers = queue.Queue()

    def create():
        try:
            answers.put(client.checkout.sessions.create(body, {"idempotency_key": "peer-4"}).id)
        except stripe.StripeError as error:
            answers.put(error)

    threads = [threading.Thread(target=create) for _ in range(2)]
    for thread in threads:
        thread.start()
        time.sleep(0.1)
    for thread in threads:
        thread.join()
    poke("slow", ms=0)
    conflict, session = answers.get(), answers.get()
    assert conflict.http_status == 409 and conflict.error.code == "idempotency_key_in_use", conflict
    assert client.checkout.sessions.create(body, {"idempotency_key": "peer-4"}).id == session

    # The work is done and the answer lost: the second try with the same key gets it.
    before = poke_count()
    poke("next", answer="lost")
    raises(stripe.APIConnectionError, lambda: client.checkout.sessions.create(body, {"idempotency_key": "peer-5"}))
    found = client.checkout.sessions.create(body, {"idempotency_key": "peer-5"})
    assert found.last_response.headers["idempotent-replayed"] == "true" and poke_count() == before + 1


def poke_count():
    return requests.get(f"{POKES}/account", timeout=20).json()["sessions"]


def lists():
    start = int(time.time())
    made = [open_session().id for _ in range(5)]
    for session in made:
        client.checkout.sessions.expire(session)
    expired = {"type": "checkout.session.expired", "created": {"gte": start - 1}}
    page = client.events.list(expired | {"limit": 2})
    assert page.has_more and [event.data.object.id for event in page.data] == [made[4], made[3]]
    rest = client.events.list(expired | {"limit": 3, "starting_after": page.data[-1].id})
    assert [event.data.object.id for event in rest.data] == made[2::-1]
    newer = client.events.list(expired | {"limit": 2, "ending_before": rest.data[-1].id})
    assert [event.data.object.id for event in newer.data] == [made[2], made[1]] and newer.has_more
    every = [event.data.object.id for event in client.events.list(expired | {"limit": 2}).auto_paging_iter()]
    assert every[:5] == made[::-1]
    kinds = client.events.list({"types": ["charge.succeeded", "refund.created"], "limit": 100}).data
    assert {event.type for event in kinds} == {"charge.succeeded", "refund.created"}
    assert client.events.list({"created": {"gt": int(time.time()) + 5}}).data == []
    event = client.events.retrieve(page.data[0].id)
    assert (event.api_version, event.livemode, event.request.id[:4]) == ("2026-09-30.endive", False, "req_")
    raises(stripe.InvalidRequestError, lambda: client.events.list({"limit": 101}), param="limit")


class Inbox(http.server.BaseHTTPRequestHandler):
    letters = queue.Queue()
    answers = queue.Queue()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        status = self.answers.get_nowait() if not self.answers.empty() else 200
        self.letters.put((body, self.headers["stripe-signature"], status))
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        pass


def webhooks():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Inbox)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/hooks"
    made = client.webhook_endpoints.create({"url": url, "enabled_events": ["checkout.session.completed", "charge.*"]})
    assert made.secret.startswith("whsec_") and made.status == "enabled"
    assert not hasattr(client.webhook_endpoints.retrieve(made.id), "secret")
    assert [each.id for each in client.webhook_endpoints.list().data] == [made.id]

    session = pay(open_session())
    kinds = []
    for _ in range(3):
        body, signature, _ = Inbox.letters.get(timeout=10)
        event = stripe.Webhook.construct_event(body, signature, made.secret)
        kinds.append(event.type)
        for tampered, by in [(body.replace(b"eur", b"usd"), signature), (body, signature.replace("v1=", "v1=0"))]:
            raises(stripe.SignatureVerificationError, lambda t=tampered, b=by: stripe.Webhook.construct_event(t, b, made.secret))
        raises(stripe.SignatureVerificationError, lambda: stripe.Webhook.construct_event(body, signature, "whsec_other"))
        old = "t=" + str(int(time.time()) - 400) + "," + signature.split(",")[1]
        raises(stripe.SignatureVerificationError, lambda o=old: stripe.Webhook.construct_event(body, o, made.secret))
    assert sorted(kinds) == ["charge.succeeded", "charge.updated", "checkout.session.completed"], kinds

    # A refusal is tried again, signed anew; until then the event counts as not delivered.
    poke("post", retry_ms=1100)
    Inbox.answers.put(500)
    client.refunds.create({"payment_intent": session.payment_intent.id, "amount": 100})
    first, second = Inbox.letters.get(timeout=10), None
    undelivered = client.events.list({"delivery_success": False}).data
    assert [event.type for event in undelivered] == ["charge.refunded"] and undelivered[0].pending_webhooks == 1
    second = Inbox.letters.get(timeout=10)
    assert json.loads(first[0])["id"] == json.loads(second[0])["id"] and first[1] != second[1]
    stripe.Webhook.construct_event(second[0], second[1], made.secret)
    deadline = time.monotonic() + 5
    while client.events.list({"delivery_success": False}).data:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert client.webhook_endpoints.delete(made.id).deleted
    assert client.webhook_endpoints.list().data == []
    poke("post")
    server.shutdown()


for check in (sessions, refused, payment, declined_then_paid, bank_step, refunds, idempotency, lists, webhooks):
    check()
    print(f"stripe {stripe.VERSION}: {check.__name__} ok")
