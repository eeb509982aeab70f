/* gateway_validate: constraints between the settings of [gateway], and between them and others. Without a
 * role nothing is installed, and nothing is checked. A conf_check of conf_read. */
#ifndef POSTERN_GATEWAY_PLAN_GATEWAY_VALIDATE_H
#define POSTERN_GATEWAY_PLAN_GATEWAY_VALIDATE_H

struct reading;

void gateway_validate(struct reading *reading);

#endif
