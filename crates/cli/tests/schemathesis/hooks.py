"""What schemathesis has to know of Symbolon: how to log in, what not to wait for, and a share of
requests that name what is there, since nobody guesses a password or a session's id."""

import itertools
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


def post(path, body, token=None):
    headers = {"Authorization": "Bearer " + token} if token else {}
    answer = requests.post(BASE + path, json=body, headers=headers, timeout=10)
    answer.raise_for_status()
    return answer.json()


def log_in(who=ADMIN):
    return post("/api/v1/login", {**who, "credentials": ["tokens"]})


def access_token(who=ADMIN):
    return log_in(who)["tokens"]["access_token"]


OTHER_ID = post("/api/v1/register", OTHER)["id"]
NUMBERS = itertools.count()


def new_account():
    """Somebody to be erased: name and id."""
    who = {"identifier": f"somebody-{next(NUMBERS)}", "password": os.environ["API_PASSWORD"]}
    return who, post("/api/v1/admin/accounts", who, access_token())["id"]


def foreign_account():
    return {"identifiers": [{"value": f"foreign-{next(NUMBERS)}"}]}


@schemathesis.deserializer("application/json")
def read(context, response):
    # schemathesis takes a JWT for JSON.
    is_token = response.headers["content-type"] == ["application/jwt"]
    return response.text if is_token else response.json()


@schemathesis.auth(refresh_interval=None)
class Credentials:
    """An administrator's token, a new one whenever a request has ended the one at hand. Who erases
    themselves is somebody else."""

    token = None
    token_to_erase = None

    def get(self, case, context):
        if context.operation.path in OF_CLIENTS:
            return requests.auth._basic_auth_str(*CLIENT)
        if context.operation.path == "/api/v1/me/erase":
            if not self.is_good(Credentials.token_to_erase):
                Credentials.token_to_erase = access_token(new_account()[0])
            return "Bearer " + Credentials.token_to_erase
        if not self.is_good(Credentials.token):
            Credentials.token = access_token()
        return "Bearer " + Credentials.token

    def is_good(self, token):
        if token is None:
            return False
        headers = {"Authorization": "Bearer " + token}
        return requests.get(BASE + "/api/v1/me", headers=headers, timeout=10).status_code == 200

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), "Authorization": data}


def name_what_is_there(method, path, body, parameters):
    if path == "/api/v1/login" and "password" in body:
        body.update(ADMIN)
    elif path == "/api/v1/password" and "current" in body:
        # The same again, so that logging in stays possible.
        body.update(current=ADMIN["password"], new=ADMIN["password"])
    elif path == "/api/v1/me/erase" and "password" in body:
        body["password"] = os.environ["API_PASSWORD"]
    elif path == "/api/v1/refresh" and "refresh_token" in body:
        body["refresh_token"] = log_in()["tokens"]["refresh_token"]
    elif path == "/oauth2/introspect" and "token" in body:
        body["token"] = access_token()
    elif path == "/api/v1/admin/revocations" and "session" in body:
        body["session"] = log_in()["session"]["id"]
    elif path in ("/api/v1/sessions/{id}", "/api/v1/admin/sessions/{id}"):
        parameters["id"] = log_in()["session"]["id"]
    elif path == "/api/v1/admin/accounts/import" and isinstance(body.get("accounts"), list):
        body["accounts"] = [foreign_account(), *body["accounts"][:499]]
    elif (method, path) == ("DELETE", "/api/v1/admin/accounts/{id}"):
        parameters["id"] = new_account()[1]
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
        name_what_is_there(case.method, case.operation.path, body, case.path_parameters or {})
