#!/bin/sh
# Makes sure there is a PostgreSQL for the tests: its programs alone, no cluster, nothing started.
set -eu
for folder in /usr/lib/postgresql/*/bin; do
  [ -x "$folder/initdb" ] && exit 0
done
command -v initdb >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing PostgreSQL for the tests"
  apt-get update -qq
  # The package would make a cluster and start it; the tests make their own.
  mkdir -p /etc/postgresql-common/createcluster.d
  echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.d/ardoise.conf
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null
  exit 0
fi
echo "The tests of delivery on PostgreSQL need its programs: sudo apt-get install postgresql"
exit 1
