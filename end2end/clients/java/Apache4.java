// Fetches a file with Apache HttpClient 4: Apache4 URL OUT [USER PASSWORD]

import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.http.auth.AuthScope;
import org.apache.http.auth.UsernamePasswordCredentials;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.apache.http.client.methods.HttpGet;
import org.apache.http.impl.client.BasicCredentialsProvider;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.HttpClients;

public class Apache4 {
    public static void main(String[] arguments) throws Exception {
        BasicCredentialsProvider credentials = new BasicCredentialsProvider();
        if (arguments.length == 4) {
            credentials.setCredentials(AuthScope.ANY, new UsernamePasswordCredentials(arguments[2], arguments[3]));
        }
        try (CloseableHttpClient client = HttpClients.custom().setDefaultCredentialsProvider(credentials).build();
                CloseableHttpResponse answer = client.execute(new HttpGet(arguments[0]))) {
            if (answer.getStatusLine().getStatusCode() == 200) {
                Files.copy(answer.getEntity().getContent(), Path.of(arguments[1]));
            }
        }
    }
}
