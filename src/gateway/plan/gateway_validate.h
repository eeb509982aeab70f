/* gateway_validate: checks the settings of [gateway] against each other and against other sections. Without a
 * role, checks nothing. It is one of the checks of conf_read. */
#ifndef POSTERN_GATEWAY_PLAN_GATEWAY_VALIDATE_H
#define POSTERN_GATEWAY_PLAN_GATEWAY_VALIDATE_H

struct reading;

void gateway_validate(struct reading *reading);

#endif
