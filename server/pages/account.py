"""One's own account: second factors, password, where one is signed in, where notices go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeAlias

from litestar import Response, get, params, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body
from litestar.response import Template

from server import headers
from server.access import cookies, factors, membership, passwords, recovery, relying_party, rules
from server.access.enrolment import Added, Enrolment
from server.access.guard import peer, safe_next
from server.access.routes import cookie, go
from server.access.sign_in import SignIn
from server.config import Config
from server.pages import site
from server.pages.language import N_
from server.pages.site import Asked, Clock, FromPath, SignedIn, Store
from server.problems import Refused
from server.spoken import Spoken
from server.store import audit, people, sessions, tenants, warnings
from server.store.database import Database
from server.store.sessions import Session

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
Door = NamedDependency[SignIn]
Number: TypeAlias = params.FromPath[int]
Settings = NamedDependency[Config]
Secure = NamedDependency[bool]


@get("/{language:str}/account", access=rules.UNPROVEN, sync_to_thread=True)
def account(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn, config: Settings,
            sign_in: Door, tls: Secure) -> Template:
    """Everything about how one signs in."""
    return _page(request, site.checked(language), _my(config, database, clock, sign_in), database, clock, session,
                 tls=tls)


@get("/{language:str}/account/authenticator", access=rules.UNPROVEN, sync_to_thread=True)
def authenticator(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn,
                  config: Settings, sign_in: Door, tls: Secure) -> Response[Any]:
    """A picture to photograph with the application, and the field for its first code."""
    language = site.checked(language)
    mine = _my(config, database, clock, sign_in)
    try:
        offer = mine.offer(session, session.handle)
    except Spoken as error:
        return _page(request, language, mine, database, clock, session, tls=tls, error=error)
    return site.page("account_authenticator.html", request, language, session, here="account", offer=offer, wrong=False)


@post("/{language:str}/account/authenticator/confirm", access=rules.UNPROVEN, sync_to_thread=True)
def confirm(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock, session: SignedIn,
            config: Settings, sign_in: Door, tls: Secure) -> Response[Any]:
    """The first code: the application counts from here on."""
    language = site.checked(language)
    mine = _my(config, database, clock, sign_in)

    def change(secret: str) -> Added | None:
        return mine.confirm(secret, session, data.get("offer", ""), data.get("code", ""))

    try:
        added = change(cookies.read(request.scope, tls=tls) or "")
    except Spoken as error:
        return _page(request, language, mine, database, clock, session, tls=tls, error=error)
    if added is not None:
        return _added(request, language, session, added, tls=tls)
    offer = mine.again(session, session.handle, data.get("offer", "")) or mine.offer(session, session.handle)
    made = site.page("account_authenticator.html", request, language, session, here="account", offer=offer, wrong=True)
    made.status_code = 400
    return made


@post("/{language:str}/account/authenticator/remove", access=rules.ANYONE, sync_to_thread=True)
def remove_authenticator(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn,
                         config: Settings, sign_in: Door, tls: Secure) -> Response[Any]:
    """Take the application away."""
    return _change(request, language, database, clock, session, config, sign_in,
                   lambda mine: mine.remove_authenticator(session), tls=tls)


@post("/{language:str}/account/passkeys/add", access=rules.UNPROVEN, sync_to_thread=True)
def add_passkey(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock, session: SignedIn,
                config: Settings, sign_in: Door, tls: Secure) -> Response[Any]:
    """Keep the passkey that the browser made."""
    language = site.checked(language)
    mine = _my(config, database, clock, sign_in)
    party = relying_party.of(request.scope, tls=tls)
    try:
        added = mine.add_passkey(cookies.read(request.scope, tls=tls) or "", session, data.get("answer", ""),
                                 data.get("name", ""), party)
        if added is None:
            raise Spoken(N_("the passkey could not be added"), N_("try once more; the question holds for five minutes"))
    except Spoken as error:
        return _page(request, language, mine, database, clock, session, tls=tls, error=error,
                     label=data.get("name", ""))
    return _added(request, language, session, added, tls=tls)


@post("/{language:str}/account/passkeys/{number:int}/rename", access=rules.ANYONE, sync_to_thread=True)
def rename_passkey(request: Asked, language: FromPath, number: Number, data: Form, database: Store, clock: Clock,
                   session: SignedIn, config: Settings, sign_in: Door, tls: Secure) -> Response[Any]:
    """Call a passkey something else."""
    return _change(request, language, database, clock, session, config, sign_in,
                   lambda mine: mine.rename_passkey(session, number, data.get("name", "")), tls=tls)


@post("/{language:str}/account/passkeys/{number:int}/remove", access=rules.ANYONE, sync_to_thread=True)
def remove_passkey(request: Asked, language: FromPath, number: Number, database: Store, clock: Clock,
                   session: SignedIn, config: Settings, sign_in: Door, tls: Secure) -> Response[Any]:
    """Take a passkey away."""
    return _change(request, language, database, clock, session, config, sign_in,
                   lambda mine: mine.remove_passkey(session, number), tls=tls)


@post("/{language:str}/account/recovery-codes", access=rules.ANYONE, sync_to_thread=True)
def new_codes(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn, config: Settings,
              sign_in: Door, tls: Secure) -> Response[Any]:
    """Fresh recovery codes, shown this once."""
    language = site.checked(language)
    mine = _my(config, database, clock, sign_in)
    try:
        return _codes(request, language, session, mine.new_codes(session))
    except Spoken as error:
        return _page(request, language, mine, database, clock, session, tls=tls, error=error)


@post("/{language:str}/account/recovery-codes.txt", access=rules.ANYONE, sync_to_thread=False)
def codes_file(language: FromPath, data: Form, session: SignedIn) -> Response[str]:
    """The codes that the page before showed, as a file: nothing of them is kept here."""
    site.checked(language)
    codes = [one for one in data.get("codes", "").split() if recovery.SHAPE.match(one)][:recovery.COUNT]
    if not codes:
        raise NotFoundException
    text = "\n".join([f"Hustings: {session.name}@{session.handle}", "", *codes, ""])
    return Response(text, media_type="text/plain", status_code=200, headers={
        "content-disposition": 'attachment; filename="hustings-recovery-codes.txt"'})


@post("/{language:str}/account/password", access=rules.ANYONE, sync_to_thread=True)
def password(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock, session: SignedIn,
             config: Settings, sign_in: Door, tls: Secure) -> Response[Any]:
    """Another password; sessions elsewhere end."""
    def change(mine: Enrolment) -> bool:
        mine.change_password(session, data.get("old", ""), data.get("new", ""), data.get("again", ""),
                             peer(request.scope))
        return True

    return _change(request, language, database, clock, session, config, sign_in, change, tls=tls, said="password")


@post("/{language:str}/account/contact", access=rules.ANYONE, sync_to_thread=True)
def contact(request: Asked, language: FromPath, data: Form, database: Store, clock: Clock, session: SignedIn,
            config: Settings, sign_in: Door, tls: Secure) -> Response[Any]:
    """Where notices go, and in which language."""
    def change(mine: Enrolment) -> bool:
        email = membership.checked_email(data.get("email", ""))
        with database.write(session.home) as connection:
            person = people.get(connection, session.home, session.person)
            if person is None:
                return False
            people.set_contact(connection, person, email, membership.checked_language(data.get("spoken", "")))
            audit.record(connection, session.home, clock(), f"person:{session.name}", "person.contact", session.name)
        return True

    return _change(request, language, database, clock, session, config, sign_in, change, tls=tls, said="contact",
                   email=data.get("email", ""))


@post("/{language:str}/account/sessions/{id:str}/end", access=rules.ANYONE, sync_to_thread=True)
def end_session(language: FromPath, id: FromPath, database: Store, clock: Clock, session: SignedIn) -> Response[Any]:
    """End one session of one's own."""
    language = site.checked(language)
    with database.write(session.home) as connection:
        if not sessions.end_one(connection, session.home, session.person, id, clock(), "elsewhere"):
            raise NotFoundException
        audit.record(connection, session.home, clock(), f"person:{session.name}", "person.session-end", session.name)
    return go(f"/{language}/account#sessions")


@post("/{language:str}/account/sessions/end-others", access=rules.ANYONE, sync_to_thread=True)
def end_others(language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Response[Any]:
    """End every session of one's own but this one."""
    language = site.checked(language)
    with database.write(session.home) as connection:
        sessions.end_all(connection, session.home, session.person, clock(), "elsewhere", but=session.id)
        audit.record(connection, session.home, clock(), f"person:{session.name}", "person.session-end", session.name)
    return go(f"/{language}/account#sessions")


@get("/{language:str}/account/news", access=rules.ANYONE, sync_to_thread=True)
def news(request: Asked, language: FromPath, database: Store, clock: Clock, session: SignedIn) -> Response[Any]:
    """What everybody of the office is told at sign-in; on at once where there is nothing."""
    language = site.checked(language)
    place = safe_next(request.query_params.get("next", "/"))
    with database.read(session.home) as connection:
        unread = warnings.unread(connection, session.home, session.person, clock())
    if not unread:
        return go(place)
    return site.page("account_news.html", request, language, session, here="account", unread=unread, next=place)


@post("/{language:str}/account/news/read", access=rules.ANYONE, sync_to_thread=True)
def news_read(language: FromPath, data: Form, database: Store, clock: Clock, session: SignedIn) -> Response[Any]:
    """It was read, up to what the page showed."""
    site.checked(language)
    number = data.get("upto", "")
    if not (number.isascii() and number.isdigit() and len(number) < 16):
        raise Refused("bad_request")
    with database.write(session.home) as connection:
        warnings.read(connection, session.home, session.person, int(number), clock())
    return go(safe_next(data.get("next", "/")))


ROUTES = [account, authenticator, confirm, remove_authenticator, add_passkey, rename_passkey, remove_passkey,
          new_codes, codes_file, password, contact, end_session, end_others, news, news_read]


def _my(config: Config, database: Database, clock: Any, sign_in: SignIn) -> Enrolment:
    return Enrolment(config, database, clock, sign_in)


def _change(request: Asked, language: str, database: Database, clock: Any, session: Session, config: Config,
            sign_in: SignIn, change: Callable[[Enrolment], bool], *, tls: bool, said: str = "",
            email: str | None = None) -> Response[Any]:
    """Do one thing and show the account again. What one does not have is 404."""
    language = site.checked(language)
    mine = _my(config, database, clock, sign_in)
    try:
        if not change(mine):
            raise NotFoundException
    except Spoken as error:
        return _page(request, language, mine, database, clock, session, tls=tls, error=error, email=email)
    return go(f"/{language}/account" + (f"?done={said}" if said else ""))


def _added(request: Asked, language: str, session: Session, added: Added, *, tls: bool) -> Response[Any]:
    done = cookie(added.cookie, tls=tls) if added.cookie else None
    if not added.codes:
        return go(f"/{language}/account?done=factor", done)
    page = _codes(request, language, session, added.codes)
    if done:
        page.headers["set-cookie"] = done
    return page


def _codes(request: Asked, language: str, session: Session, codes: tuple[str, ...]) -> Template:
    made = site.page("account_codes.html", request, language, session, here="account", codes=codes)
    made.status_code = 200
    return made


def _page(request: Asked, language: str, mine: Enrolment, database: Database, clock: Any, session: Session, *,
          tls: bool, error: Spoken | None = None, label: str = "", email: str | None = None) -> Template:
    party = relying_party.of(request.scope, tls=tls)
    now = clock()
    with database.read(session.home) as connection:
        person = people.get(connection, session.home, session.person)
        have = factors.of(connection, session.home, session.person)
        tenant = tenants.get(connection, session.home)
        listed = sessions.of_person(connection, session.home, session.person, now) if session.proven else []
    if person is None or tenant is None:
        raise Refused("sign_in")
    if not session.proven and have.count:
        raise Refused("second_factor")
    done = request.query_params.get("done", "")
    made = site.page(
        "account.html", request, language, session, here="account", me=person, tenant=tenant, factors=have,
        sessions=listed, able=party.able, host=party.host, question=mine.question(session, party) if party.able else "",
        done=done if done in ("password", "contact", "factor") else "", fresh=mine.fresh(session),
        wrong=error.said(language) if error else None, field=error.field if error else "", label=label,
        email=(person.email or "") if email is None else email, shortest=passwords.SHORTEST, longest=passwords.LONGEST,
        idle=int(sessions.IDLE.total_seconds() // 60), hours=int(sessions.ABSOLUTE.total_seconds() // 3600))
    made.headers["content-security-policy"] = headers.WITH_PASSKEYS
    made.status_code = 400 if error else 200
    return made
