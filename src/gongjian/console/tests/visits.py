"""How the tests of this room come through the door."""

import time

from django.test import Client
from django.urls import reverse
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from gongjian.identity.models import User
from gongjian.identity.tests.people import AT, PASSWORD

SIGN_IN = "/sign-in/"
PHONE = "/sign-in/phone/"


def enter(client, username="yt-mzj-0417", password=PASSWORD, **more):
    return client.post(SIGN_IN, {"username": username, "password": password, **more})


def signed_in(user, **headers):
    client = Client(headers=headers or None)
    client.cookies["gj_look"] = "normal.1.normal.light.on"
    client.force_login(user)
    return client


def resident(**over):
    return User.objects.create(username="r-1", kind="resident", created_at=AT, **over)


def code_of(user, steps=0, *, confirmed=True):
    device = TOTPDevice.objects.get(user=user, confirmed=confirmed)
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time() + steps * device.step
    return f"{totp.token():06}"


def address(name, *args):
    return reverse(f"console:{name}", args=args)
