"""The acceptance platform (办件) and the catalogue of guides (办事指南), over HTTP as the reference back end has it."""

from __future__ import annotations

from queue_server.contract.messages import Identity
from queue_server.integrations.http_line import HttpLine
from queue_server.integrations.ports import CasesFound, GuideFound, GuideList


class HttpCases:
    """Cases by person or by number. The document number goes in the body of a POST and is kept nowhere."""

    def __init__(self, line: HttpLine) -> None:
        self._line = line

    def alive(self) -> None:
        self._line.probe("/v1/cases/health")

    def query_by_person(self, identity: Identity) -> CasesFound:
        question = {
            "idNumber": identity.id_number.strip().upper(),
            "name": identity.name,
            "method": identity.method,
            "code": identity.code,
        }
        return self._line.ask("/v1/cases/by-person", question, CasesFound)

    def query_by_number(self, number: str, code: str) -> CasesFound:
        return self._line.ask("/v1/cases/by-number", {"caseNumber": number, "code": code}, CasesFound)


class HttpGuides:
    """The list of guides and one guide."""

    def __init__(self, line: HttpLine) -> None:
        self._line = line

    def alive(self) -> None:
        self._line.probe("/v1/guides/health")

    def list_items(self, query: str = "", department: str = "") -> GuideList:
        return self._line.ask("/v1/guides/list", {"query": query, "department": department}, GuideList)

    def get_item(self, item: str) -> GuideFound:
        return self._line.ask("/v1/guides/item", {"item": item}, GuideFound)
