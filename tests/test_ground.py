"""The ground itself: what a test may rely on."""

import socket

import pytest

from tests.ground.network import OutsideWorld


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "example.com", "10.0.0.1"])
def test_it_refuses_to_reach_another_machine(host: str) -> None:
    with pytest.raises(OutsideWorld):
        socket.create_connection((host, 80), timeout=1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_committing_test_leaves_no_row_and_keeps_the_migrations_rows(turn: int) -> None:
    from wagtail.models import Page

    from accounts.models import Organisation

    assert not Organisation.objects.exists()
    assert Page.objects.exists()
    Organisation.objects.create(name=f"left over from turn {turn}")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_committing_test_leaves_no_table(turn: int) -> None:
    from django.db import connection

    assert "left_over" not in connection.introspection.table_names()
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE left_over (turn{turn} integer)")


@pytest.mark.django_db
@pytest.mark.parametrize("turn", [1, 2])
def test_a_rolled_back_test_leaves_no_row(turn: int) -> None:
    from accounts.models import Organisation

    assert not Organisation.objects.exists()
    Organisation.objects.create(name=f"left over from turn {turn}")


@pytest.mark.parametrize("turn", [1, 2])
def test_it_finds_valkey_empty(valkey_client, turn: int) -> None:
    assert valkey_client.dbsize() == 0
    valkey_client.set("left over", turn)


def test_the_cast_is_signed_in_and_apart(cast) -> None:
    assert cast.owner.client.session["_auth_user_id"] == str(cast.owner.user.pk)
    assert set(cast.organisation.memberships.values_list("user_id", flat=True)) == {
        cast.owner.user.pk,
        cast.teammate.user.pk,
    }
    assert cast.strangers_application.organisation != cast.organisation
    assert cast.key.secret != cast.strangers_key.secret
