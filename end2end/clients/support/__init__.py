"""What the tests of real clients stand on: servers, the portal, recordings, the programs."""
