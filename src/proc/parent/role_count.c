#include "proc/parent/parent.h"

#include "sys/run.h"

static unsigned count_builtin(const struct conf *conf)
{
    for (size_t i = 0; i < conf->scan.engines.n; i++)
        if (conf->scan.engines.at[i] == ENGINE_BUILTIN)
            return 1;
    return 0;
}

unsigned role_count(const struct conf *conf, enum role role)
{
    switch (role) {
    case ROLE_RELAY: return conf->postern.relays ? conf->postern.relays : run_processors();
    case ROLE_READER: return conf->postern.readers ? conf->postern.readers : 1;
    case ROLE_CLAMAV: return count_builtin(conf);
    case ROLE_SIGNER: return conf->tls.mode == TLS_MODE_INTERCEPT ? 1 : 0;
    case ROLE_PAGE: return conf->tls.mode == TLS_MODE_INTERCEPT && conf->tls.page.n ? 1 : 0;
    case ROLE_SCAN:
    case ROLE_KEEPER: return 1;
    case ROLE_PARENT:
    case ROLE_WORKER:
    case ROLE_COUNT: break;
    }
    return 0;
}
