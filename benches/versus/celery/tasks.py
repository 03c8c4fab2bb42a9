"""Renders and sends one notice, and writes a row for its result. Each worker process keeps one connection to the
relay and one to the database."""

import json
import os
import smtplib
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import make_msgid

import psycopg
from celery import Celery
from celery.signals import worker_process_init
from jinja2 import Environment, StrictUndefined

app = Celery("tasks", broker=os.environ["REDIS_URL"])
app.conf.update(
    task_ignore_result=True,
    worker_prefetch_multiplier=16,
    broker_connection_retry_on_startup=True,
)

GREETINGS = {"en": "Dear", "de": "Guten Tag", "fr": "Bonjour", "es": "Hola", "zh-Hans": "尊敬的"}
SUBJECTS = {
    "en": "Notice of data breach: Larkspur Travel",
    "de": "Verletzung des Datenschutzes: Larkspur Travel",
    "fr": "Violation de données : Larkspur Travel",
    "es": "Brecha de datos: Larkspur Travel",
    "zh-Hans": "个人信息泄露通知：Larkspur Travel",
}
SENDER = Address("Larkspur Travel", "incident", "larkspur-travel.example")


def compiled():
    """A pair of templates per language."""
    with open(os.environ["NOTICE"], encoding="utf-8") as file:
        notice = json.load(file)
    plain = Environment(undefined=StrictUndefined)
    escaped = Environment(undefined=StrictUndefined, autoescape=True)
    pairs = {}
    for locale, texts in notice["texts"].items():
        steps = texts["what_you_can_do"]
        greeting = GREETINGS[locale] + " {{person.name}},"
        text = "\n\n".join(
            [
                greeting,
                texts["what_happened"],
                texts["what_we_do"],
                "\n".join(f"- {step}" for step in steps),
                texts["what_we_offer"],
                "{{person.ref}}\nLarkspur Travel, privacy@larkspur-travel.example\n",
            ]
        )
        items = "\n".join(f"<li>{step}</li>" for step in steps)
        html = f"""<!DOCTYPE html>
<html lang="{locale}">
<head><meta charset="utf-8"><title>{SUBJECTS[locale]}</title></head>
<body>
<p>{greeting}</p>
<p>{texts["what_happened"]}</p>
<p>{texts["what_we_do"]}</p>
<ul>
{items}
</ul>
<p>{texts["what_we_offer"]}</p>
<p>{{{{person.ref}}}}<br>
Larkspur Travel, privacy@larkspur-travel.example</p>
</body>
</html>
"""
        pairs[locale] = (SUBJECTS[locale], plain.from_string(text), escaped.from_string(html))
    return pairs


TEMPLATES = compiled()
relay = None
database = None


@worker_process_init.connect
def connect(**_):
    """Each process has connections of its own."""
    global relay, database
    relay = smtplib.SMTP("127.0.0.1", int(os.environ["SMTP_PORT"]))
    database = psycopg.connect(os.environ["POSTGRES_URL"], autocommit=True, prepare_threshold=1)


@app.task
def notify(person):
    """One mail and its row."""
    locale = person["locale"]
    language = "zh-Hans" if locale.startswith("zh") else locale[:2]
    subject, text, html = TEMPLATES[language]
    message = EmailMessage()
    message["From"] = SENDER
    message["To"] = Address(person["name"], addr_spec=person["email"])
    message["Subject"] = subject
    message["Message-ID"] = make_msgid(domain="larkspur-travel.example")
    message.set_content(text.render(person=person))
    message.add_alternative(html.render(person=person), subtype="html")
    relay.send_message(message)
    database.execute(
        "INSERT INTO sent (ref, message_id, response, at) VALUES (%s, %s, %s, clock_timestamp())",
        (person["ref"], message["Message-ID"], "accepted"),
    )
