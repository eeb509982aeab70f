/* cross_gateway: what has to hold between the settings of [gateway], and between them and others. Without a
 * role nothing is laid, and nothing is asked. */
#ifndef POSTERN_CONF_CROSS_GATEWAY_H
#define POSTERN_CONF_CROSS_GATEWAY_H

#include "conf/reading.h"

void cross_check_gateway(struct reading *reading);

#endif
