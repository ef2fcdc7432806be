"""Accounts: sign up, log in, and whose a request is."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar
from uuid import UUID

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from fastapi import APIRouter, Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import AfterValidator, BaseModel, Field, SecretStr
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from starlette.exceptions import HTTPException

from pakaura.limits import client_address
from pakaura.schema import EMAIL_LENGTH, Account
from pakaura.services import PREFIX, FromServices, Services

T = TypeVar("T")

_ISSUER = "pakaura"
# 19 MiB, two passes: the least that OWASP advises for Argon2id; four at once fit into the memory of a pod.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_at_once = asyncio.Semaphore(4)
_bearer = HTTPBearer(auto_error=False)
_nobodys_hash = _hasher.hash("no password")

router = APIRouter(prefix=f"{PREFIX}/auth", tags=["accounts"])

Email = Annotated[
    str,
    Field(max_length=EMAIL_LENGTH, pattern=r"^[!-?A-~]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"),
    AfterValidator(str.lower),
]


class Credentials(BaseModel):
    email: Email
    password: SecretStr = Field(min_length=8, max_length=128)


class Token(BaseModel):
    access_token: str
    token_type: str = "bearer"  # noqa: S105 - the name of a type
    expires_in: int


class AccountShown(BaseModel):
    id: UUID
    email: str


@router.post("/signup", status_code=201)
async def sign_up(asked: Credentials, request: Request, services: FromServices) -> Token:
    services.limits.address.take(client_address(request))
    password_hash = await _in_turn(_hasher.hash, asked.password.get_secret_value())
    made = insert(Account).values(email=asked.email, password_hash=password_hash).on_conflict_do_nothing()
    async with services.sessions.begin() as session:
        account = await session.scalar(made.returning(Account.id))
    if account is None:
        raise HTTPException(409, "there is an account with this e-mail address already")
    return _token(services, account)


@router.post("/login")
async def log_in(asked: Credentials, request: Request, services: FromServices) -> Token:
    services.limits.address.take(client_address(request))
    services.limits.log_in.take(asked.email)
    async with services.sessions() as session:
        account = await session.scalar(select(Account).where(Account.email == asked.email))
    known = account.password_hash if account else _nobodys_hash  # as slow for an address that nobody has
    matches = await _in_turn(_matches, known, asked.password.get_secret_value())
    if account is None or not matches:
        raise HTTPException(401, "wrong e-mail address or password")
    return _token(services, account.id)


async def _account(
    services: FromServices,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> AccountShown:
    identity = _identity(services, credentials.credentials if credentials else "")
    services.limits.account.take(str(identity))
    async with services.sessions() as session:
        account = await session.get(Account, identity)
    if account is None:
        raise _not_logged_in()
    return AccountShown(id=account.id, email=account.email)


LoggedIn = Annotated[AccountShown, Depends(_account)]


@router.get("/me")
async def me(account: LoggedIn) -> AccountShown:
    return account


async def _in_turn(work: Callable[..., T], *arguments: str) -> T:
    """Hash beside the loop, a few at a time: each takes memory that the pod has not without end."""
    async with _at_once:
        return await asyncio.to_thread(work, *arguments)


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except VerificationError:
        return False


def _token(services: Services, account: UUID) -> Token:
    settings = services.configuration
    now, life = datetime.now(UTC), timedelta(hours=settings.jwt_expiration_hours)
    claims = {"iss": _ISSUER, "sub": str(account), "iat": now, "exp": now + life}
    text = jwt.encode(claims, settings.jwt_secret.get_secret_value(), settings.jwt_algorithm)
    return Token(access_token=text, expires_in=int(life.total_seconds()))


def _identity(services: Services, token: str) -> UUID:
    settings = services.configuration
    try:
        claims = jwt.decode(
            token,
            settings.jwt_secret.get_secret_value(),
            algorithms=[settings.jwt_algorithm],
            issuer=_ISSUER,
            options={"require": ["exp", "sub"]},
        )
        return UUID(claims["sub"])
    except (jwt.InvalidTokenError, ValueError):
        raise _not_logged_in() from None


def _not_logged_in() -> HTTPException:
    return HTTPException(401, "not logged in, or no longer", {"WWW-Authenticate": "Bearer"})
