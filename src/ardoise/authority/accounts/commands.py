"""`staff`: accounts from the command line."""

import json
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

app = typer.Typer(help="Accounts of the office, heads and teachers.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


@app.command()
def add(
    login: Annotated[str, typer.Argument(help="A code that identifies nobody.")],
    role: Annotated[str, typer.Option(help="officer, head, teacher or rater")],
    school: Annotated[str, typer.Option(help="UAI, for a head or teacher")] = "",
    classes: Annotated[
        str, typer.Option(help="A teacher's classes, by label, separated by commas")
    ] = "",
    campaign: Annotated[str, typer.Option(help="Only this campaign's classes")] = "",
    keep_password: Annotated[
        bool, typer.Option(help="Do not ask for another password at the first login")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make an account and print its password, this once."""
    from ardoise.authority.accounts import rules
    from ardoise.authority.registry.labels import by_label
    from ardoise.authority.registry.models import ClassGroup, School

    home = School.objects.filter(pk=school.upper()).first() if school else None
    if school and home is None:
        _stop(f"no school {school} on any roll: import its roll first")
    groups: list[ClassGroup] = []
    wanted = [label.strip() for label in classes.split(",") if label.strip()]
    there = ClassGroup.objects.filter(school=home).exclude(campaign__state="closed")
    held = by_label(there.filter(campaign_id=campaign) if campaign else there) if wanted else []
    for label in wanted:
        found = [group for group in held if group.label == label]
        if not found:
            _stop(f"no class {label} at {school}: see the labels with `roll list`")
        groups.extend(found)
    try:
        account, secret = rules.create_account(
            login, role, school=home, class_groups=groups, must_change=not keep_password
        )
    except rules.AccountFault as fault:
        _stop(str(fault))
    _print_secret(account.login, secret, as_json=as_json)


@app.command("list")
def list_accounts(as_json: Json = False) -> None:
    """All accounts: login, role, school, classes."""
    from ardoise.authority.accounts.models import Staff
    from ardoise.authority.registry.labels import opened
    from ardoise.authority.registry.models import ClassGroup

    accounts = list(Staff.objects.order_by("login"))
    given = Staff.class_groups.through.objects.values_list("staff_id", "classgroup_id")
    classes: dict[int, list[int]] = {}
    for staff_id, group_id in given.order_by("classgroup_id"):
        classes.setdefault(staff_id, []).append(group_id)
    groups = ClassGroup.objects.filter(pk__in=given.values("classgroup_id"))
    shown = {group.pk: group.label for group in opened(groups)}
    rows: list[dict[str, Any]] = [
        {
            "login": account.login,
            "role": account.role,
            "school": account.school_id or "",
            "classes": sorted(shown[pk] for pk in classes.get(account.pk, ())),
            "active": account.is_active,
        }
        for account in accounts
    ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("login", "role", "school", "classes", "active")
    for row in rows:
        labels = ", ".join(dict.fromkeys(row["classes"]))
        active = "yes" if row["active"] else "no"
        table.add_row(str(row["login"]), str(row["role"]), str(row["school"]), labels, active)
    Console().print(table)


@app.command()
def reset(
    login: Annotated[str, typer.Argument(help="The account's login.")],
    keep_password: Annotated[
        bool, typer.Option(help="Do not ask for another password at the first login")
    ] = False,
    as_json: Json = False,
) -> None:
    """Give an account a new password, print it this once, end its sessions and its pause."""
    from ardoise.authority.accounts import rules
    from ardoise.authority.accounts.models import Staff

    account = Staff.objects.filter(login=login.strip().lower()).first()
    if account is None:
        _stop(f"no account {login}: see `staff list`")
    secret = rules.reset_password(account, must_change=not keep_password)
    _print_secret(account.login, secret, as_json=as_json)


def _print_secret(login: str, secret: str, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"login": login, "password": secret}))
        return
    typer.echo(f"login     {login}")
    typer.echo(f"password  {secret}")
    typer.echo("The password is shown this once and kept nowhere.")


def _stop(text: str) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(1)
