#include "proc/parent/parent.h"

#include "sys/run.h"

#define PEER(role) (1u << ROLE_##role)

const struct parent_role parent_roles[ROLE_COUNT] = {
    /* The keeper waits for each fsync. fsync is slow on a file system that is served by a process (FUSE). */
    [ROLE_KEEPER] = {.main = keeper_main, .leaves_network = true, .silent_max_s = 60},
    [ROLE_READER] = {.main = reader_main, .leaves_network = true, .dies_with_parent = true},
    [ROLE_SCAN] = {.main = scan_main, .peers = PEER(CLAMAV), .dies_with_parent = true},
    [ROLE_CLAMAV] = {.main = clamav_main, .dies_with_parent = true, .drops_own_privileges = true},
    /* Like the keeper, the signer waits for fsync. */
    [ROLE_SIGNER] = {.main = signer_main,
                     .leaves_network = true,
                     .drops_own_privileges = true,
                     .silent_max_s = 60},
    [ROLE_PAGE] = {.main = page_main, .drops_own_privileges = true},
    [ROLE_RELAY] = {.main = relay_main,
                    .peers = PEER(SCAN) | PEER(READER) | PEER(KEEPER) | PEER(SIGNER) | PEER(PAGE),
                    .starts_last = true},
};
