# SPDX-License-Identifier: Apache-2.0
"""What the test suites share: programs, root file systems, processes, waiting."""
