"""What schemathesis has to know of Symbolon: how to log in, what not to wait for, and a share of
requests that name what is there, since nobody guesses a password or a session's id."""

import os
import re

import requests
import schemathesis

BASE = os.environ["API_URL"]
ADMIN = {"identifier": "root", "password": os.environ["API_PASSWORD"]}
# Whose account is shown, disabled and enabled: the administrator's own stays as it is.
OTHER = {"identifier": "other", "password": os.environ["API_PASSWORD"]}
CLIENT = ("checker", os.environ["API_CLIENT_SECRET"])
# Operations on which a client proves who it is.
OF_CLIENTS = ("/oauth2/introspect", "/revocations")


def post(path, body):
    answer = requests.post(BASE + path, json=body, timeout=10)
    answer.raise_for_status()
    return answer.json()


def log_in():
    return post("/api/v1/login", {**ADMIN, "credentials": ["tokens"]})


OTHER_ID = post("/api/v1/register", OTHER)["id"]


@schemathesis.deserializer("application/json")
def read(context, response):
    # schemathesis takes a JWT for JSON.
    is_token = response.headers["content-type"] == ["application/jwt"]
    return response.text if is_token else response.json()


@schemathesis.auth(refresh_interval=None)
class Credentials:
    """An administrator's token, a new one whenever a request has ended the one at hand."""

    token = None

    def get(self, case, context):
        if context.operation.path in OF_CLIENTS:
            return requests.auth._basic_auth_str(*CLIENT)
        if Credentials.token is None or not self.is_good():
            Credentials.token = log_in()["tokens"]["access_token"]
        return "Bearer " + Credentials.token

    def is_good(self):
        headers = {"Authorization": "Bearer " + Credentials.token}
        return requests.get(BASE + "/api/v1/me", headers=headers, timeout=10).status_code == 200

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), "Authorization": data}


def name_what_is_there(path, body, parameters):
    if path == "/api/v1/login" and "password" in body:
        body.update(ADMIN)
    elif path == "/api/v1/password" and "current" in body:
        # The same again, so that logging in stays possible.
        body.update(current=ADMIN["password"], new=ADMIN["password"])
    elif path == "/api/v1/refresh" and "refresh_token" in body:
        body["refresh_token"] = log_in()["tokens"]["refresh_token"]
    elif path == "/oauth2/introspect" and "token" in body:
        body["token"] = log_in()["tokens"]["access_token"]
    elif path == "/api/v1/admin/revocations" and "session" in body:
        body["session"] = log_in()["session"]["id"]
    elif path in ("/api/v1/sessions/{id}", "/api/v1/admin/sessions/{id}"):
        parameters["id"] = log_in()["session"]["id"]
    elif path.startswith("/api/v1/admin/accounts/{id}"):
        parameters["id"] = OTHER_ID


class Share:
    """Every other request of an operation."""

    seen = {}

    @classmethod
    def is_due(cls, label):
        cls.seen[label] = cls.seen.get(label, 0) + 1
        return cls.seen[label] % 2 == 0


@schemathesis.hook
def before_call(context, case, **kwargs):
    query = case.query or {}
    # How long is waited changes no answer.
    if str(query.get("wait", "")).isdigit():
        query["wait"] = "0"
    if re.fullmatch("0*([0-9]|10)s", str(query.get("receipt", ""))):
        query["receipt"] = "0s"
    if Share.is_due(case.operation.label):
        body = case.body if isinstance(case.body, dict) else {}
        name_what_is_there(case.operation.path, body, case.path_parameters or {})
