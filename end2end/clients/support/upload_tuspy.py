"""Uploads a file with tuspy: upload_tuspy.py ENDPOINT FILE METADATA(JSON) [STOP [URL]]

The value of Authorization comes in the environment. Prints the upload's address. With STOP it ends after so many bytes;
with URL it goes on with that upload.
"""

import json
import os
import sys

from tusclient.client import TusClient

endpoint, file, metadata, *more = sys.argv[1:]
client = TusClient(endpoint, headers={"Authorization": os.environ["AUTHORIZATION"]})
stop, url = int(more[0]) if more else None, more[1] if len(more) > 1 else None
uploader = client.uploader(file, url=url, chunk_size=1 << 20, metadata=json.loads(metadata), upload_checksum=True)
uploader.upload(stop_at=stop)
print(uploader.url)
