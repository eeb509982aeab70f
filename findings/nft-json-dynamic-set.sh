#!/bin/bash
# nft-json-dynamic-set.sh: a ruleset that nft saves as JSON and restores has lost a flag of its sets.
#
# Debian 12, nftables 1.0.6-2+deb12u2. `nft list ruleset` and `nft -j list ruleset` describe the same ruleset, and nft reads both; one would
# expect either to be a complete copy. Seen: of `flags dynamic` the JSON says nothing, while it has `timeout`. After a restore from JSON, a
# rule that adds elements to the set from packets is refused ("Operation not supported"); after a restore from text it is accepted. The restore
# itself reports no error, and if the rule is part of the same JSON nft infers the flag, so a test of the backup shows nothing; the fault
# appears when a program adds its rule later. Run as root: in a network namespace of its own.
# Exit status 0: as stated; 1: it has changed.
set -euo pipefail

if [ "${1-}" != within ]; then
    temporary=$(mktemp -d)
    trap 'rm -rf "$temporary"' EXIT
    script=$(realpath "$0")
    cd "$temporary"
    mkdir root
    for package in nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 libnftnl11 libmnl0 libjansson4 libxtables12; do
        apt-get download -q "$package" >/dev/null
    done
    for package in *.deb; do dpkg -x "$package" root; done
    unshare --net bash "$script" within
    exit
fi

nft()
{
    LD_LIBRARY_PATH=$PWD/root/usr/lib/x86_64-linux-gnu root/usr/sbin/nft "$@"
}

# Saves a set and a chain, restores them, and adds the rule. $1: the name of the copy; the others: options of nft.
restore()
{
    local copy=$1

    shift
    printf '%s\n' 'table inet lab {' 'set seen { type ipv4_addr; size 100; flags dynamic; }' \
        'chain input { type filter hook input priority 0; }' '}' | nft -f -
    nft "$@" list ruleset >"$copy"
    nft flush ruleset
    nft "$@" -f "$copy"
    nft add rule inet lab input add @seen '{ ip saddr }'
}

nft --version
restore text || { echo "no answer to judge by"; exit 2; }
echo "restored from text: the rule is accepted"
nft flush ruleset
status=0
restore json -j 2>error || status=$?
cat json error
if [ "$status" -eq 0 ]; then
    echo "changed: after a restore from JSON the rule is accepted, too"
    exit 1
fi
grep -q 'Operation not supported' error && ! grep -q '"dynamic"' json || { echo "no answer to judge by"; exit 2; }
echo "as stated"
