"""The unmodified voximplant-apiclient, called by lines of JSON: a method and its arguments in, what it gave or raised out."""

import datetime
import json
import sys

from voximplant.apiclient import VoximplantAPI, VoximplantException

MOMENTS = ("from_date", "to_date")


def written(value):
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", "seconds")
    raise TypeError(type(value))


def main(credentials: str, host: str):
    api = VoximplantAPI(credentials, host)
    for line in sys.stdin:
        method, arguments = json.loads(line)
        for name in MOMENTS:
            if name in arguments:
                arguments[name] = datetime.datetime.fromisoformat(arguments[name])
        try:
            answer = getattr(api, method)(**arguments)
        except VoximplantException as error:
            answer = {"error": {"msg": error.message, "code": error.code}}
        print(json.dumps(answer, default=written), flush=True)


main(*sys.argv[1:])
