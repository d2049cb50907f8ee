"""The code of the Lambda function that asks the checks from inside the VPC; shipped alone, standard library only."""
