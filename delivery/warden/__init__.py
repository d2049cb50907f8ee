"""The code of the Lambda function that writes down what CodeDeploy does when no update runs.

    handler    the function: clients, and one event at a time
    warden     what follows from an event
    flights    what CodeDeploy says about a deployment and its way back

It is shipped with the rest of `delivery`, whose records, journal and clock it shares.
"""
