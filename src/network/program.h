/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program libexec/cubby/network, which the engine starts with a word that says what it is to be:
 *
 *   gateway   bridges, interfaces, rules, the uplink and the name server of one user, as long as there are containers
 *   forward   the published ports of one container
 *   tool      slirp4netns(1) or pasta(1) of one container
 */
#pragma once

/* network_main() - Return: the exit status; 2: no such word. */
int network_main(int argc, char **argv);
